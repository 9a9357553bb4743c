#include "base/expressions/plain_filter.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/text/json_string.h"
#include "base/text/text.h"
#include "base/values/exact_number.h"
#include "base/values/scalar.h"

namespace personalize {

namespace {

constexpr std::size_t longest_result = std::size_t{1024} * 1024;
constexpr unsigned deepest = 64;

// Returns the number without the error of binary fractions: 0.1 + 0.2 is 0.3, as with Liquid, which
// calculates in decimals. A double holds 15 digits of any decimal.
double in_decimals(double n) {
  constexpr int digits = 15;
  if (!std::isfinite(n) || n == std::floor(n)) {
    return n;
  }
  char buffer[64];
  const auto written =
      std::to_chars(buffer, std::end(buffer), n, std::chars_format::general, digits);
  double result = n;
  std::from_chars(buffer, written.ptr, result);
  return result;
}

Value finite(double n) {
  return std::isfinite(n) ? Value::number(in_decimals(n)) : Value();
}

std::uint32_t character_count(std::string_view text) {
  std::uint32_t count = 0;
  for (const char c : text) {
    count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  }
  return count;
}

// Appends the value as JSON; what is too long or too deep is null.
void append_json_value(const Value& value, unsigned depth, std::pmr::string& out) {
  switch (value.kind()) {
    case Kind::boolean:
      append_scalar(value, out);
      return;
    case Kind::number: {
      const auto before = out.size();
      append_scalar(value, out);
      out += out.size() == before ? "null" : "";
      return;
    }
    case Kind::string:
      append_json_string(value.as_string(), out);
      return;
    case Kind::array:
    case Kind::object:
      if (depth < deepest && out.size() < longest_result) {
        break;
      }
      [[fallthrough]];
    default:
      out += "null";
      return;
  }
  const bool is_object = value.kind() == Kind::object;
  out += is_object ? '{' : '[';
  for (std::uint32_t i = 0; i < value.size(); ++i) {
    out += i > 0 ? "," : "";
    if (is_object) {
      append_json_string(value.key_at(i), out);
      out += ':';
    }
    append_json_value(value.at(i), depth + 1, out);
  }
  out += is_object ? '}' : ']';
}

bool is_one(const FilterWords& words) {
  return words.arguments.size() == 1 && words.arguments[0].key.empty();
}

}  // namespace

bool is_empty(const Value& value) noexcept {
  switch (value.kind()) {
    case Kind::boolean:
      return false;
    case Kind::number:
      return !std::isfinite(value.as_number()) && value.exact_text().empty();
    case Kind::string:
      return value.as_string().empty();
    default:
      return true;
  }
}

struct PlainFilter::Row {
  std::string_view name;
  // Reads the arguments. Returns false if they are wrong.
  bool (*read)(const FilterWords& words, PlainFilter& filter);
  Value (PlainFilter::*apply)(const Value& value, const Value& argument,
                              std::pmr::string& scratch) const;
  // How it is written, for messages: in the list of all filters, and where its arguments are wrong.
  std::string_view form;
  std::string_view usage;
  // Of those that calculate with two numbers; nothing if there is no result.
  std::optional<double> (*calculate)(Number a, Number b) = nullptr;
  double (*round)(double) = nullptr;
  bool chooses = false;  // the result is one of the two numbers
};

namespace {

constexpr std::string_view operand_usage =
    "with a number or the name of a value, as in \"times 0.9\" or \"times profile.factor\"";

}  // namespace

const PlainFilter::Row PlainFilter::rows[] = {
    {"default", read_text, &PlainFilter::default_to, "default 'TEXT'", "default 'TEXT'"},
    {"plus", read_operand, &PlainFilter::calculate, "plus NUMBER", operand_usage,
     [](Number a, Number b) { return std::optional(a.value + b.value); }},
    {"minus", read_operand, &PlainFilter::calculate, "minus NUMBER", operand_usage,
     [](Number a, Number b) { return std::optional(a.value - b.value); }},
    {"times", read_operand, &PlainFilter::calculate, "times NUMBER", operand_usage,
     [](Number a, Number b) { return std::optional(a.value * b.value); }},
    // Whole numbers are divided to a whole number, rounded down, also below zero.
    {"divided_by", read_operand, &PlainFilter::calculate, "divided_by NUMBER", operand_usage,
     [](Number a, Number b) {
       const double quotient = a.value / b.value;
       return b.value == 0               ? std::nullopt
              : a.is_whole && b.is_whole ? std::optional(std::floor(quotient))
                                         : std::optional(quotient);
     }},
    {"round", read_digits, &PlainFilter::round, "round [DECIMALS]",
     "round or round N, with N up to 10", nullptr, [](double n) { return std::round(n); }},
    {"floor", read_nothing, &PlainFilter::round, "floor", "without arguments", nullptr,
     [](double n) { return std::floor(n); }},
    {"ceil", read_nothing, &PlainFilter::round, "ceil", "without arguments", nullptr,
     [](double n) { return std::ceil(n); }},
    {"at_least", read_operand, &PlainFilter::calculate, "at_least NUMBER", operand_usage,
     [](Number a, Number b) { return std::optional(std::fmax(a.value, b.value)); }, nullptr, true},
    {"at_most", read_operand, &PlainFilter::calculate, "at_most NUMBER", operand_usage,
     [](Number a, Number b) { return std::optional(std::fmin(a.value, b.value)); }, nullptr, true},
    {"join", read_separator, &PlainFilter::join, "join 'TEXT'", "join or join 'TEXT'"},
    {"first", read_nothing, &PlainFilter::first, "first", "without arguments"},
    {"last", read_nothing, &PlainFilter::last, "last", "without arguments"},
    {"size", read_nothing, &PlainFilter::size, "size", "without arguments"},
    {"sum", read_members, &PlainFilter::sum, "sum ['MEMBER' ...]",
     "sum, sum 'price', or sum 'qty' 'price' for the products of these members"},
    {"url_encode", read_nothing, &PlainFilter::url_encode, "url_encode", "without arguments"},
    {"json", read_nothing, &PlainFilter::json, "json", "without arguments"},
};

std::optional<PlainFilter> PlainFilter::compile(const FilterWords& words) {
  for (const Row& row : rows) {
    if (row.name == words.name) {
      PlainFilter filter;
      filter.row_ = &row;
      if (!row.read(words, filter)) {
        throw FilterError("filter " + std::string(row.name) + " is written " +
                          std::string(row.usage));
      }
      return filter;
    }
  }
  return std::nullopt;
}

std::string PlainFilter::list() {
  return list_names(rows, [](const Row& row) { return row.form; });
}

bool PlainFilter::read_nothing(const FilterWords& words, PlainFilter& /*filter*/) {
  return words.arguments.empty();
}

bool PlainFilter::read_text(const FilterWords& words, PlainFilter& filter) {
  filter.text_ = words.arguments.empty() ? "" : words.arguments[0].text;
  filter.bare_text_ = is_one(words) && !words.arguments[0].is_quoted ? filter.text_ : "";
  return is_one(words);
}

bool PlainFilter::read_separator(const FilterWords& words, PlainFilter& filter) {
  filter.text_ = words.arguments.empty() ? " " : words.arguments[0].text;
  return words.arguments.empty() || is_one(words);
}

bool PlainFilter::read_operand(const FilterWords& words, PlainFilter& filter) {
  if (!is_one(words) || words.arguments[0].text.empty()) {
    return false;
  }
  const auto& argument = words.arguments[0];
  filter.operand_ = number_of(argument.text);
  const bool is_name = !argument.is_quoted &&
                       (ascii::is_letter(argument.text.front()) || argument.text.front() == '_');
  if (!filter.operand_ && is_name) {
    filter.argument_name_ = argument.text;
  }
  return filter.operand_ || is_name;
}

bool PlainFilter::read_digits(const FilterWords& words, PlainFilter& filter) {
  constexpr double most = 10;
  if (words.arguments.empty()) {
    return true;
  }
  filter.operand_ = is_one(words) ? number_of(words.arguments[0].text) : std::nullopt;
  return filter.operand_ && filter.operand_->is_whole && filter.operand_->value >= 0 &&
         filter.operand_->value <= most;
}

bool PlainFilter::read_members(const FilterWords& words, PlainFilter& filter) {
  for (const auto& argument : words.arguments) {
    if (!argument.key.empty() || argument.text.empty()) {
      return false;
    }
    filter.members_.emplace_back(argument.text);
  }
  return true;
}

std::optional<PlainFilter::Number> PlainFilter::number_of(std::string_view text) {
  const auto number = read_decimal(text);
  if (!number || !std::isfinite(*number)) {
    return std::nullopt;
  }
  return Number{*number, text.find_first_of(".eE") == std::string_view::npos};
}

std::optional<PlainFilter::Number> PlainFilter::number_of(const Value& value) {
  if (value.kind() == Kind::string) {
    return number_of(value.as_string());
  }
  const bool is_number = value.kind() == Kind::number && std::isfinite(value.as_number());
  return is_number ? std::optional(Number{value.as_number(),
                                          value.as_number() == std::floor(value.as_number())})
                   : std::nullopt;
}

std::optional<PlainFilter::Number> PlainFilter::operand(const Value& argument) const {
  return operand_ ? operand_ : number_of(argument);
}

Value PlainFilter::apply(const Value& value, const Value& argument,
                         std::pmr::string& scratch) const {
  scratch.clear();
  return (this->*row_->apply)(value, argument, scratch);
}

Value PlainFilter::default_to(const Value& value, const Value& /*argument*/,
                              std::pmr::string& /*scratch*/) const {
  return is_empty(value) ? Value::string(text_) : value;
}

Value PlainFilter::calculate(const Value& value, const Value& argument,
                             std::pmr::string& /*scratch*/) const {
  const auto a = number_of(value);
  const auto b = operand(argument);
  const auto result = a && b ? row_->calculate(*a, *b) : std::nullopt;
  // What is chosen stays as it is written, also where a double cannot hold it.
  if (!a || !result) {
    return {};
  }
  return row_->chooses && *result == a->value ? value : finite(*result);
}

// Halves are rounded away from zero. The number is shifted in decimals, so that 1.005 is 1.01 with
// two of them.
Value PlainFilter::round(const Value& value, const Value& /*argument*/,
                         std::pmr::string& /*scratch*/) const {
  const auto number = number_of(value);
  if (!number) {
    return {};
  }
  constexpr double whole_from = 9007199254740992.0;  // beyond that a double has no fractions
  if (std::fabs(number->value) >= whole_from) {
    return value;
  }
  const double unit = operand_ ? std::pow(10.0, operand_->value) : 1;
  const double rounded = row_->round(in_decimals(number->value * unit)) / unit;
  return finite(rounded == 0 ? 0 : rounded);
}

Value PlainFilter::join(const Value& value, const Value& /*argument*/,
                        std::pmr::string& scratch) const {
  if (value.kind() != Kind::array) {
    return value;
  }
  for (std::uint32_t i = 0; i < value.size() && scratch.size() < longest_result; ++i) {
    scratch += i > 0 ? text_ : std::string();
    append_scalar(value.at(i), scratch);
  }
  return Value::string(scratch);
}

Value PlainFilter::first(const Value& value, const Value& /*argument*/,
                         std::pmr::string& /*scratch*/) const {
  return value.kind() == Kind::array ? value.at(0) : Value();
}

Value PlainFilter::last(const Value& value, const Value& /*argument*/,
                        std::pmr::string& /*scratch*/) const {
  return value.kind() == Kind::array && value.size() > 0 ? value.at(value.size() - 1) : Value();
}

Value PlainFilter::size(const Value& value, const Value& /*argument*/,
                        std::pmr::string& /*scratch*/) const {
  return Value::number(value.kind() == Kind::string ? character_count(value.as_string())
                                                    : value.size());
}

// A sum that lacks an element would be a wrong price: there is none.
Value PlainFilter::sum(const Value& value, const Value& /*argument*/,
                       std::pmr::string& /*scratch*/) const {
  if (value.kind() != Kind::array) {
    return {};
  }
  double total = 0;
  for (std::uint32_t i = 0; i < value.size(); ++i) {
    double product = 1;
    for (std::size_t m = 0; m < std::max<std::size_t>(members_.size(), 1); ++m) {
      const auto number = number_of(members_.empty() ? value.at(i) : value.at(i).find(members_[m]));
      if (!number) {
        return {};
      }
      product *= number->value;
    }
    total += product;
  }
  return finite(total);
}

Value PlainFilter::url_encode(const Value& value, const Value& /*argument*/,
                              std::pmr::string& scratch) const {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::pmr::string text(scratch.get_allocator());
  append_scalar(value, text);
  if (is_empty(value)) {
    return {};
  }
  for (const char c : std::string_view(text).substr(0, longest_result)) {
    const bool is_plain =
        ascii::is_letter(c) || ascii::is_digit(c) || c == '_' || c == '.' || c == '-' || c == '~';
    if (is_plain || c == ' ') {
      scratch += is_plain ? c : '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      scratch += '%';
      scratch += hex[byte >> 4U];
      scratch += hex[byte & 0xFU];
    }
  }
  return Value::string(scratch);
}

Value PlainFilter::json(const Value& value, const Value& /*argument*/,
                        std::pmr::string& scratch) const {
  append_json_value(value, 0, scratch);
  return Value::string(scratch);
}

}  // namespace personalize
