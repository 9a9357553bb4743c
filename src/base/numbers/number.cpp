#include "base/numbers/number.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "base/text/ascii.h"

namespace personalize {

namespace {

// Returns whether a number that is out of a double's range is huge, not tiny: whether its first
// digit other than 0 stands before the decimal point, once the exponent is applied. std::from_chars
// does not tell.
bool is_huge(std::string_view unsigned_text) {
  const auto e = unsigned_text.find_first_of("eE");
  const auto mantissa = unsigned_text.substr(0, e);

  std::int64_t exponent = 0;
  if (e != std::string_view::npos) {
    auto digits = unsigned_text.substr(e + 1);
    const bool negative = digits.front() == '-';
    digits.remove_prefix(negative || digits.front() == '+' ? 1 : 0);
    for (const char c : digits) {
      exponent = exponent < 1'000'000'000 ? exponent * 10 + (c - '0') : exponent;
    }
    exponent = negative ? -exponent : exponent;
  }

  const auto point = mantissa.find('.');
  const auto first = mantissa.find_first_not_of("0.");
  const auto whole =
      static_cast<std::int64_t>(point == std::string_view::npos ? mantissa.size() : point);
  return exponent + whole - static_cast<std::int64_t>(first) > 0;
}

// Writes a number that is a whole number of hundredths, as amounts are; returns "" for any other.
// The quotient of two numbers that doubles hold is the double nearest to it, so that the digits
// read back as the number; and of all with at most 15 digits no others do.
std::string_view amount_text(double number, NumberBuffer& buffer) noexcept {
  constexpr double most = 1e12;
  if (!(std::fabs(number) < most)) {
    return {};
  }
  const std::int64_t hundredths = std::llround(std::fabs(number) * 100);
  if (static_cast<double>(hundredths) / 100 != std::fabs(number)) {
    return {};
  }
  char* out = buffer;
  *out = '-';
  out += number < 0 ? 1 : 0;
  out = std::to_chars(out, buffer + sizeof(buffer), hundredths / 100).ptr;
  const auto cents = static_cast<int>(hundredths % 100);
  *out++ = '.';
  *out++ = static_cast<char>('0' + cents / 10);
  *out = static_cast<char>('0' + cents % 10);
  out += *out == '0' ? 0 : 1;
  return {buffer, static_cast<std::size_t>(out - buffer)};
}

}  // namespace

std::optional<double> read_decimal(std::string_view text) noexcept {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  // std::from_chars would also take "inf", "nan" and a second sign.
  if (text.empty() || !(ascii::is_digit(text.front()) || text.front() == '.')) {
    return std::nullopt;
  }

  double number = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ptr != end) {
    return std::nullopt;
  }
  if (result.ec == std::errc::result_out_of_range) {
    number = is_huge(text) ? std::numeric_limits<double>::infinity() : 0;
  } else if (result.ec != std::errc()) {
    return std::nullopt;
  }
  return negative ? -number : number;
}

std::optional<double> read_percent(std::string_view text) {
  if (text.empty() || text.back() != '%') {
    return std::nullopt;
  }
  const std::string number(text.substr(0, text.size() - 1));
  const auto percent = read_decimal(number);
  if (!percent || *percent < 0 || *percent > 100) {
    return std::nullopt;
  }
  // "33.34%" is the double that 0.3334 is; dividing 33.34 by 100 may miss it by a bit.
  const auto share = read_decimal(number + "e-2");
  return share ? share : *percent / 100;
}

std::string_view number_text(double number, NumberBuffer& buffer) noexcept {
  if (std::isnan(number)) {
    return "NaN";
  }
  if (std::isinf(number)) {
    return number > 0 ? "Infinity" : "-Infinity";
  }
  // Most numbers of a shop are small whole ones. Minus zero is "0", too.
  if (number == std::trunc(number) && std::fabs(number) < 1e15) {
    const auto end =
        std::to_chars(buffer, buffer + sizeof(buffer), static_cast<std::int64_t>(number)).ptr;
    return {buffer, static_cast<std::size_t>(end - buffer)};
  }

  if (const auto amount = amount_text(number, buffer); !amount.empty()) {
    return amount;
  }

  // std::to_chars writes the shortest digits that read back as the same number, as d.ddde±xx.
  char scientific[32];
  const auto end = std::to_chars(scientific, scientific + sizeof(scientific), std::fabs(number),
                                 std::chars_format::scientific)
                       .ptr;
  const char* e =
      std::find(static_cast<const char*>(scientific), static_cast<const char*>(end), 'e');
  int exponent = 0;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
  char digits[20];
  int count = 0;
  for (const char* p = scientific; p != e; ++p) {
    if (*p != '.') {
      digits[count++] = *p;
    }
  }

  char* out = buffer;
  const auto put = [&out](const char* from, int length) {
    std::memcpy(out, from, static_cast<std::size_t>(length));
    out += length;
  };
  const auto put_zeros = [&out](int length) {
    std::memset(out, '0', static_cast<std::size_t>(length));
    out += length;
  };
  if (number < 0) {
    *out++ = '-';
  }
  const int point = exponent + 1;  // digits before the decimal point
  if (point >= count && point <= 21) {
    put(digits, count);
    put_zeros(point - count);
  } else if (point > 0 && point <= 21) {
    put(digits, point);
    *out++ = '.';
    put(digits + point, count - point);
  } else if (point > -6 && point <= 0) {
    put("0.", 2);
    put_zeros(-point);
    put(digits, count);
  } else {
    put(digits, 1);
    if (count > 1) {
      *out++ = '.';
      put(digits + 1, count - 1);
    }
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    out = std::to_chars(out, buffer + sizeof(buffer), std::abs(exponent)).ptr;
  }
  return {buffer, static_cast<std::size_t>(out - buffer)};
}

}  // namespace personalize
