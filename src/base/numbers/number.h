// Numbers as text, the same in every locale.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace personalize {

// Reads a decimal number and nothing else: "-12", "+3.5", ".5", "1e6". No white space, no
// hexadecimal. What is too large for a double reads as infinity, what is too small as zero.
std::optional<double> read_decimal(std::string_view text) noexcept;

// Reads a percentage from 0 to 100 as a share: "12.5%" is 0.125.
std::optional<double> read_percent(std::string_view text);

// Reads a whole number in decimal digits and nothing else; signed types take a `-` before them.
template <class Integer>
std::optional<Integer> read_integer(std::string_view text) noexcept {
  Integer number = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end ? std::optional(number) : std::nullopt;
}

// Returns the text that JavaScript makes of a number (ECMA-262, Number::toString): the shortest
// digits that read back as the same number. 1e21 is "1e+21", -0 is "0". It lives in `buffer`.
using NumberBuffer = char[40];
std::string_view number_text(double number, NumberBuffer& buffer) noexcept;

}  // namespace personalize
