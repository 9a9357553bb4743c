// Percent-encoding (RFC 3986, section 2.1).
#pragma once

#include <memory_resource>
#include <string_view>

#include "base/text/ascii.h"

namespace personalize {

// Returns the value of a hexadecimal digit.
constexpr int hex_value(char c) {
  return ascii::is_digit(c) ? c - '0' : ascii::lower(c) - 'a' + 10;
}

// Takes one byte off `rest`, which is not empty, decoded. A `%` without two hexadecimal digits
// stands for itself.
constexpr char take_percent_decoded(std::string_view& rest) {
  if (rest.size() >= 3 && rest[0] == '%' && ascii::is_hex_digit(rest[1]) &&
      ascii::is_hex_digit(rest[2])) {
    const char c = static_cast<char>(hex_value(rest[1]) << 4 | hex_value(rest[2]));
    rest.remove_prefix(3);
    return c;
  }
  const char c = rest.front();
  rest.remove_prefix(1);
  return c;
}

// Returns what `take`, which takes one decoded byte off a string, makes of `encoded`: itself if it
// has none of `marks`, else a copy in `memory`.
template <class Take>
std::string_view decode_bytes(std::string_view encoded, std::string_view marks, Take take,
                              std::pmr::memory_resource* memory) {
  if (encoded.find_first_of(marks) == std::string_view::npos) {
    return encoded;
  }
  auto* decoded = static_cast<char*>(memory->allocate(encoded.size(), 1));
  std::size_t size = 0;
  while (!encoded.empty()) {
    decoded[size++] = take(encoded);
  }
  return {decoded, size};
}

// Returns `encoded` decoded once.
inline std::string_view percent_decode(std::string_view encoded,
                                       std::pmr::memory_resource* memory) {
  return decode_bytes(encoded, "%", take_percent_decoded, memory);
}

}  // namespace personalize
