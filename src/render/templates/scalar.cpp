#include "render/templates/scalar.h"

#include <charconv>
#include <cmath>

namespace personalize {

void append_number(double n, std::pmr::string& out) {
  if (!std::isfinite(n)) {
    return;
  }
  char buffer[32];
  // Most numbers of a shop are small whole ones.
  if (n == std::trunc(n) && std::fabs(n) < 1e15) {
    const auto end = std::to_chars(buffer, std::end(buffer), static_cast<long long>(n)).ptr;
    out.append(buffer, end);
    return;
  }

  // d.ddddde±xx: the shortest digits that read back as n.
  const auto end = std::to_chars(buffer, std::end(buffer), n, std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const auto e = text.find('e');
  int exponent = 0;
  const auto sign_of_exponent = text[e + 1] == '+' ? e + 2 : e + 1;
  std::from_chars(text.data() + sign_of_exponent, end, exponent);

  std::string_view mantissa = text.substr(0, e);
  if (mantissa.front() == '-') {
    out += '-';
    mantissa.remove_prefix(1);
  }
  char digits[24];
  int count = 0;
  for (const char c : mantissa) {
    if (c != '.') {
      digits[count++] = c;
    }
  }

  const int point = exponent + 1;  // digits before the decimal point
  if (point >= count && point <= 21) {
    out.append(digits, static_cast<std::size_t>(count));
    out.append(static_cast<std::size_t>(point - count), '0');
  } else if (point > 0 && point <= 21) {
    out.append(digits, static_cast<std::size_t>(point));
    out += '.';
    out.append(digits + point, static_cast<std::size_t>(count - point));
  } else if (point > -6 && point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out.append(digits, static_cast<std::size_t>(count));
  } else {
    out += digits[0];
    if (count > 1) {
      out += '.';
      out.append(digits + 1, static_cast<std::size_t>(count - 1));
    }
    out += exponent < 0 ? "e-" : "e+";
    char power[8];
    const auto power_end = std::to_chars(power, std::end(power), std::abs(exponent)).ptr;
    out.append(power, power_end);
  }
}

void append_scalar(const Value& value, std::pmr::string& out) {
  switch (value.kind()) {
    case Kind::boolean:
      out += value.as_boolean() ? "true" : "false";
      break;
    case Kind::number:
      append_number(value.as_number(), out);
      break;
    case Kind::string:
      out += value.as_string();
      break;
    default:
      break;
  }
}

std::optional<double> to_number(const Value& value) {
  if (value.kind() == Kind::number) {
    return std::isfinite(value.as_number()) ? std::optional(value.as_number()) : std::nullopt;
  }
  if (value.kind() != Kind::string) {
    return std::nullopt;
  }
  const auto text = value.as_string();
  double n = 0;
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, n);
  if (result.ec != std::errc() || result.ptr != end || !std::isfinite(n)) {
    return std::nullopt;
  }
  return n;
}

}  // namespace personalize
