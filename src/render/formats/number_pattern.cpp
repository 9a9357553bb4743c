#include "render/formats/number_pattern.h"

#include <unicode/formattedvalue.h>

#include <charconv>
#include <cmath>
#include <utility>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "render/formats/icu_text.h"

namespace personalize {

namespace {

using icu::number::FormattedNumber;
using icu::number::LocalizedNumberFormatter;
using Range = std::pair<std::int32_t, std::int32_t>;

// Numbers with more digits are left to ICU.
constexpr std::ptrdiff_t most_digits = 400;

FormattedNumber format(const LocalizedNumberFormatter& formatter, std::string_view decimal) {
  UErrorCode error = U_ZERO_ERROR;
  return formatter.formatDecimal({decimal.data(), static_cast<std::int32_t>(decimal.size())},
                                 error);
}

icu::UnicodeString text_of(const FormattedNumber& formatted) {
  UErrorCode error = U_ZERO_ERROR;
  return formatted.toString(error);
}

// The part of the text that a field has; the last one of several.
std::optional<Range> find_field(const FormattedNumber& formatted, UNumberFormatFields field) {
  UErrorCode error = U_ZERO_ERROR;
  icu::ConstrainedFieldPosition position;
  position.constrainField(UFIELD_CATEGORY_NUMBER, field);
  std::optional<Range> found;
  while (formatted.nextPosition(position, error) && U_SUCCESS(error) != 0) {
    found = {position.getStart(), position.getLimit()};
  }
  return found;
}

}  // namespace

// Its digits without zeros at either end, and how many of them stand before the point: 0.012 is 12
// with -1 of them, 1200 is 12 with 4.
struct NumberPattern::Decimal {
  std::array<char, most_digits> digits;
  std::size_t size = 0;
  std::ptrdiff_t point = 0;
  bool is_negative = false;

  // Returns false if it has too many digits.
  bool read(std::string_view text);
  // Reads a number of at most two decimals, as amounts are; returns false for others.
  bool read_amount(double number);
  // Rounds halves up to so many decimals.
  void round(std::size_t decimals);
  char at(std::ptrdiff_t i) const {
    return i >= 0 && i < static_cast<std::ptrdiff_t>(size) ? digits[static_cast<std::size_t>(i)]
                                                           : '0';
  }

 private:
  void drop_zeros();
};

bool NumberPattern::Decimal::read(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    is_negative = text.front() == '-';
    text.remove_prefix(1);
  }
  constexpr std::ptrdiff_t limit = most_digits - 50;
  const auto e = std::min(text.find_first_of("eE"), text.size());
  std::ptrdiff_t exponent = 0;
  if (e < text.size()) {
    auto exponent_text = text.substr(e + 1);
    exponent_text.remove_prefix(ascii::starts_with(exponent_text, "+") ? 1 : 0);
    const auto* end = exponent_text.data() + exponent_text.size();
    if (std::from_chars(exponent_text.data(), end, exponent).ec != std::errc() ||
        exponent > limit || exponent < -limit) {
      return false;
    }
  }
  bool in_fraction = false;
  for (const char c : text.substr(0, e)) {
    if (c == '.') {
      in_fraction = true;
      continue;
    }
    const bool is_leading = size == 0 && c == '0';
    if (size == most_digits || point < -limit) {
      return false;
    }
    if (!is_leading) {
      digits[size++] = c;
      point += in_fraction ? 0 : 1;
    } else if (in_fraction) {
      --point;
    }
  }
  point += exponent;
  drop_zeros();
  return point < limit;
}

bool NumberPattern::Decimal::read_amount(double number) {
  // Whatever has so few digits is the shortest text of its double.
  constexpr double most = 1e12;
  constexpr int hundred = 100;
  constexpr double half = 0.5;
  const double magnitude = std::fabs(number);
  if (!(magnitude < most)) {
    return false;
  }
  // (Whether that is the number is seen then.)
  const auto hundredths = static_cast<std::int64_t>(magnitude * hundred + half);
  if (static_cast<double>(hundredths) / hundred != magnitude) {
    return false;
  }
  const auto* end = std::to_chars(digits.data(), digits.data() + digits.size(), hundredths).ptr;
  size = static_cast<std::size_t>(end - digits.data());
  point = static_cast<std::ptrdiff_t>(size) - 2;
  is_negative = number < 0;
  drop_zeros();
  return true;
}

void NumberPattern::Decimal::round(std::size_t decimals) {
  const auto kept = point + static_cast<std::ptrdiff_t>(decimals);
  if (kept >= static_cast<std::ptrdiff_t>(size)) {
    return;
  }
  const bool rounds_up = kept >= 0 && at(kept) >= '5';
  size = static_cast<std::size_t>(std::max<std::ptrdiff_t>(kept, 0));
  if (rounds_up) {
    while (size > 0 && digits[size - 1] == '9') {
      --size;
    }
    if (size > 0) {
      ++digits[size - 1];
    } else {
      digits[size++] = '1';
      point = kept <= 0 ? 1 - static_cast<std::ptrdiff_t>(decimals) : point + 1;
    }
  }
  drop_zeros();
}

void NumberPattern::Decimal::drop_zeros() {
  while (size > 0 && digits[size - 1] == '0') {
    --size;
  }
  if (size == 0) {
    point = 0;
    is_negative = false;
  }
}

NumberPattern::NumberPattern(LocalizedNumberFormatter formatter) {
  read(formatter);
  icu_.emplace(std::move(formatter));
  if (writes_like_icu()) {
    icu_.reset();
  }
}

void NumberPattern::read(const LocalizedNumberFormatter& formatter) {
  const auto sample = format(formatter, "1234567890.987654321");
  positive_ = read_affixes(sample);
  negative_ = read_affixes(format(formatter, "-1234567890.987654321"));
  read_groups(formatter, sample);
  if (const auto point = find_field(sample, UNUM_DECIMAL_SEPARATOR_FIELD)) {
    point_ = to_utf8(text_of(sample).tempSubStringBetween(point->first, point->second));
  }
  const auto decimals = [&](std::string_view number) {
    const auto field = find_field(format(formatter, number), UNUM_FRACTION_FIELD);
    return field ? static_cast<std::size_t>(field->second - field->first) : 0;
  };
  most_ = decimals("0.123456789");
  least_ = decimals("0");
}

// Reads the digits, which stand in the order from 1 to 9 and 0, and the separators between them.
void NumberPattern::read_groups(const LocalizedNumberFormatter& formatter,
                                const FormattedNumber& sample) {
  const auto integer = find_field(sample, UNUM_INTEGER_FIELD);
  if (!integer) {
    return;
  }
  const auto text = text_of(sample);
  const auto separator = find_field(sample, UNUM_GROUPING_SEPARATOR_FIELD);
  const auto group = separator ? text.tempSubStringBetween(separator->first, separator->second)
                               : icu::UnicodeString();
  std::size_t digit = 0;
  std::size_t since_group = 0;
  for (auto i = integer->first; i < integer->second;) {
    if (separator && text.compare(i, group.length(), group) == 0) {
      further_group_size_ = digit == since_group ? further_group_size_ : since_group;
      since_group = 0;
      i += group.length();
      continue;
    }
    const auto next = text.moveIndex32(i, 1);
    digits_[++digit % digits_.size()] = to_utf8(text.tempSubStringBetween(i, next));
    ++since_group;
    i = next;
  }
  has_ascii_digits_ = digits_.front() == "0";
  if (!separator) {
    return;
  }
  group_ = to_utf8(group);
  group_size_ = since_group;
  further_group_size_ = further_group_size_ == 0 ? since_group : further_group_size_;
  constexpr std::size_t longest = 10;
  std::string number = "1000";
  while (number.size() < longest &&
         !find_field(format(formatter, number), UNUM_GROUPING_SEPARATOR_FIELD)) {
    number += '0';
  }
  least_grouped_ = number.size();
}

NumberPattern::Affixes NumberPattern::read_affixes(const FormattedNumber& formatted) {
  const auto text = text_of(formatted);
  const auto integer = find_field(formatted, UNUM_INTEGER_FIELD);
  const auto fraction = find_field(formatted, UNUM_FRACTION_FIELD);
  if (!integer) {
    return {};
  }
  return {to_utf8(text.tempSubStringBetween(0, integer->first)),
          to_utf8(text.tempSubStringBetween(fraction ? fraction->second : integer->second))};
}

// A language may write in a way that is not read off here: ours is compared with ICU's where that
// would show.
bool NumberPattern::writes_like_icu() const {
  for (const std::string_view number :
       {"0", "1", "-1", "0.004", "-0.004", "0.005", "12.345", "-12.5", "999.9999", "1000",
        "-1234.5", "12345.03", "123456", "-9876543.21", "1234567890123.99", "1e15", "5e-7"}) {
    std::pmr::string ours;
    std::pmr::string theirs;
    personalize::append(text_of(format(*icu_, number)), theirs);
    if (!append_text(number, least_, most_, ours) || ours != theirs) {
      return false;
    }
  }
  return true;
}

void NumberPattern::append(const Value& n, std::size_t least, std::size_t most,
                           std::pmr::string& out) const {
  if (icu_) {
    return append_with_icu(n, least, most, out);
  }
  if (Decimal decimal; n.exact_text().empty() && decimal.read_amount(n.as_number())) {
    return append_decimal(decimal, least, most, out);
  }
  std::array<char, 32> buffer;
  std::string_view text = n.exact_text();
  if (text.empty()) {
    const auto* end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), n.as_number()).ptr;
    text = {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
  }
  if (!append_text(text, least, most, out)) {
    append(Value::number(n.as_number()), least, most, out);  // its digits suffice
  }
}

// Returns false, and appends nothing, if the number has too many digits.
bool NumberPattern::append_text(std::string_view number, std::size_t least, std::size_t most,
                                std::pmr::string& out) const {
  Decimal decimal;
  if (!decimal.read(number)) {
    return false;
  }
  append_decimal(decimal, least, most, out);
  return true;
}

void NumberPattern::append_decimal(Decimal& decimal, std::size_t least, std::size_t most,
                                   std::pmr::string& out) const {
  decimal.round(most);
  const auto& affixes = decimal.is_negative ? negative_ : positive_;
  out += affixes.before;
  append_integer(decimal, out);
  const auto shown = static_cast<std::ptrdiff_t>(decimal.size) - decimal.point;
  const auto decimals = std::max(shown, static_cast<std::ptrdiff_t>(least));
  if (decimals > 0) {
    out += point_;
  }
  for (std::ptrdiff_t i = 0; i < decimals; ++i) {
    append_digit(decimal.at(decimal.point + i), out);
  }
  out += affixes.after;
}

void NumberPattern::append_integer(const Decimal& decimal, std::pmr::string& out) const {
  const auto size = static_cast<std::size_t>(std::max<std::ptrdiff_t>(decimal.point, 1));
  const auto first = decimal.point - static_cast<std::ptrdiff_t>(size);
  const bool is_grouped = group_size_ > 0 && size >= least_grouped_;
  for (std::size_t i = 0; i < size; ++i) {
    const auto left = size - i;  // digits from here on
    const bool begins_group = is_grouped && i > 0 && left >= group_size_ &&
                              (left - group_size_) % further_group_size_ == 0;
    if (begins_group) {
      out += group_;
    }
    append_digit(decimal.at(first + static_cast<std::ptrdiff_t>(i)), out);
  }
}

void NumberPattern::append_digit(char digit, std::pmr::string& out) const {
  if (has_ascii_digits_) {
    out += digit;
  } else {
    out += digits_[static_cast<std::size_t>(digit - '0')];
  }
}

void NumberPattern::append_with_icu(const Value& n, std::size_t least, std::size_t most,
                                    std::pmr::string& out) const {
  UErrorCode error = U_ZERO_ERROR;
  const auto formatter = icu_->precision(icu::number::Precision::minMaxFraction(
      static_cast<std::int32_t>(least), static_cast<std::int32_t>(most)));
  const auto exact = n.exact_text();
  personalize::append(exact.empty() ? formatter.formatDouble(n.as_number(), error).toString(error)
                                    : text_of(format(formatter, exact)),
                      out);
}

}  // namespace personalize
