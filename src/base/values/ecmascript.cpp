#include "base/values/ecmascript.h"

#include <unicode/ucasemap.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/values/exact_number.h"

namespace personalize::ecmascript {

namespace {

constexpr std::size_t max_joined = 64UL * 1024;
constexpr unsigned max_depth = 32;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// Returns the text of any value that is not an array, which Text joins.
std::string_view scalar_text(const Value& value, NumberBuffer& buffer) {
  switch (value.kind()) {
    case Kind::string:
      return value.as_string();
    case Kind::number:
      return number_text(value, buffer);
    case Kind::boolean:
      return value.as_boolean() ? "true" : "false";
    case Kind::object:
      return "[object Object]";
    default:
      return "null";
  }
}

// Appends Array.prototype.join: "" stands for elements that are null.
void join(const Value& array, std::pmr::string& out, unsigned depth) {
  for (std::uint32_t i = 0; i < array.size() && out.size() < max_joined; ++i) {
    if (i > 0) {
      out += ',';
    }
    const Value element = array.at(i);
    if (element.kind() == Kind::array) {
      if (depth < max_depth) {
        join(element, out, depth + 1);
      }
    } else if (!element.is_absent()) {
      NumberBuffer buffer;
      out += scalar_text(element, buffer).substr(0, max_joined - std::min(out.size(), max_joined));
    }
  }
}

// Returns the case mappings of no locale. Thread-safe once open, and kept for the life of the
// process.
const UCaseMap* root_case_map() {
  static const UCaseMap* const map = [] {
    UErrorCode error = U_ZERO_ERROR;
    return ucasemap_open("", 0, &error);
  }();
  return map;
}

// White space and line terminators (ECMA-262 sections 12.2 and 12.3), which ToNumber strips, as
// UTF-8.
constexpr std::string_view spaces[] = {
    "\t",           "\n",           "\v",           "\f",           "\r",           " ",
    "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
    "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89",
    "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
    "\xef\xbb\xbf"};

std::string_view trim(std::string_view text) {
  const auto leading = [](std::string_view t) -> std::size_t {
    for (const auto space : spaces) {
      if (t.substr(0, space.size()) == space) {
        return space.size();
      }
    }
    return 0;
  };
  const auto trailing = [](std::string_view t) -> std::size_t {
    for (const auto space : spaces) {
      if (t.size() >= space.size() && t.substr(t.size() - space.size()) == space) {
        return space.size();
      }
    }
    return 0;
  };
  for (auto n = leading(text); n > 0; n = leading(text)) {
    text.remove_prefix(n);
  }
  for (auto n = trailing(text); n > 0; n = trailing(text)) {
    text.remove_suffix(n);
  }
  return text;
}

// Reads the digits after 0x, 0o or 0b.
double read_digits(std::string_view digits, int base) {
  if (digits.empty()) {
    return not_a_number;
  }
  double number = 0;
  for (const char c : digits) {
    const char l = ascii::lower(c);
    const int digit = ascii::is_digit(l) ? l - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : base;
    if (digit >= base) {
      return not_a_number;
    }
    number = number * base + digit;
  }
  return number;
}

}  // namespace

Text::Text(const Value& value, std::pmr::memory_resource* memory) noexcept : joined_(memory) {
  if (value.kind() != Kind::array) {
    view_ = scalar_text(value, number_);
    return;
  }
  try {
    join(value, joined_, 1);
    view_ = joined_;
  } catch (...) {
    view_ = {};  // out of memory
  }
}

Lowered::Lowered(std::string_view text, std::pmr::memory_resource* memory) noexcept
    : large_(memory) {
  if (text.size() <= sizeof(small_) && ascii::is_ascii(text)) {
    std::transform(text.begin(), text.end(), small_, ascii::lower);
    view_ = {small_, text.size()};
    return;
  }

  const auto length = static_cast<std::int32_t>(
      std::min<std::size_t>(text.size(), std::numeric_limits<std::int32_t>::max() / 4));
  const auto lower_into = [&](char* to, std::size_t capacity) {
    UErrorCode error = U_ZERO_ERROR;
    const auto needed = ucasemap_utf8ToLower(
        root_case_map(), to, static_cast<std::int32_t>(capacity), text.data(), length, &error);
    return static_cast<std::size_t>(std::max(needed, 0));
  };
  const auto needed = lower_into(small_, sizeof(small_));
  if (needed <= sizeof(small_)) {
    view_ = {small_, needed};
    return;
  }
  try {
    large_.resize(needed);
    lower_into(large_.data(), needed);
    view_ = large_;
  } catch (...) {
    view_ = {};  // out of memory
  }
}

double to_number(std::string_view text) noexcept {
  text = trim(text);
  if (text.empty()) {
    return 0;
  }
  if (text.size() > 1 && text[0] == '0') {
    switch (ascii::lower(text[1])) {
      case 'x':
        return read_digits(text.substr(2), 16);
      case 'o':
        return read_digits(text.substr(2), 8);
      case 'b':
        return read_digits(text.substr(2), 2);
      default:
        break;
    }
  }
  if (text == "Infinity" || text == "+Infinity") {
    return std::numeric_limits<double>::infinity();
  }
  if (text == "-Infinity") {
    return -std::numeric_limits<double>::infinity();
  }
  return read_decimal(text).value_or(not_a_number);
}

double to_number(const Value& value, std::pmr::memory_resource* memory) noexcept {
  switch (value.kind()) {
    case Kind::number:
      return value.as_number();
    case Kind::string:
      return to_number(value.as_string());
    case Kind::boolean:
      return value.as_boolean() ? 1 : 0;
    case Kind::array:
      return to_number(Text(value, memory).view());
    case Kind::object:
      return not_a_number;
    default:
      return 0;
  }
}

Value to_numeric(const Value& value, std::pmr::memory_resource* memory) noexcept {
  if (value.kind() == Kind::number) {
    return value;
  }
  if (value.kind() == Kind::string) {
    const Value exact = exact_number(trim(value.as_string()));
    if (!exact.is_missing()) {
      return exact;
    }
  }
  return Value::number(to_number(value, memory));
}

bool to_boolean(const Value& value) noexcept {
  switch (value.kind()) {
    case Kind::boolean:
      return value.as_boolean();
    case Kind::number:
      return value.as_number() != 0 && !std::isnan(value.as_number());
    case Kind::string:
      return !value.as_string().empty();
    case Kind::array:
    case Kind::object:
      return true;
    default:
      return false;
  }
}

int compare_code_units(std::string_view a, std::string_view b) noexcept {
  const std::size_t length = std::min(a.size(), b.size());
  const auto differ =
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(length), b.begin());
  if (differ.first == a.begin() + static_cast<std::ptrdiff_t>(length)) {
    return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
  }
  const auto x = static_cast<unsigned char>(*differ.first);
  const auto y = static_cast<unsigned char>(*differ.second);
  // Code points from U+10000 on (lead bytes from 0xF0) are surrogate pairs in UTF-16, which sort
  // before U+E000 to U+FFFF (lead bytes 0xEE and 0xEF). All other code points sort as their UTF-8
  // bytes do.
  if (x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0)) {
    return x >= 0xF0 ? -1 : 1;
  }
  return x < y ? -1 : 1;
}

bool compare(const Value& a, Relation relation, const Value& b,
             std::pmr::memory_resource* memory) noexcept {
  // Kinds that ToPrimitive makes a string of.
  const auto is_text = [](const Value& v) {
    return v.kind() == Kind::string || v.kind() == Kind::array || v.kind() == Kind::object;
  };
  if (is_text(a) && is_text(b)) {
    const Text left(a, memory);
    const Text right(b, memory);
    return relates(compare_code_units(left.view(), right.view()), relation, 0);
  }
  return relates(to_numeric(a, memory), relation, to_numeric(b, memory));
}

bool same_json(const Value& a, const Value& b) noexcept {
  if (a.is_absent() || b.is_absent()) {
    return a.is_absent() && b.is_absent();
  }
  if (a.kind() != b.kind()) {
    return false;
  }
  switch (a.kind()) {
    case Kind::boolean:
      return a.as_boolean() == b.as_boolean();
    case Kind::number:
      return relates(a, Relation::equal, b);
    case Kind::string:
      return a.as_string() == b.as_string();
    default:
      break;
  }
  if (a.size() != b.size()) {
    return false;
  }
  for (std::uint32_t i = 0; i < a.size(); ++i) {
    if (a.key_at(i) != b.key_at(i) || !same_json(a.at(i), b.at(i))) {
      return false;
    }
  }
  return true;
}

}  // namespace personalize::ecmascript
