#include "base/values/exact_number.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace personalize {

namespace {

// Any decimal of so many digits is the shortest text of its nearest double, if its exponent is
// ordinary.
constexpr int digits_held = std::numeric_limits<double>::digits10;

// A decimal number taken apart: 0.d₁d₂d₃… × 10^exponent, where d₁ is not 0.
class Decimal {
 public:
  // `text` is one that read_decimal() reads.
  explicit Decimal(std::string_view text) {
    negative_ = text.front() == '-';
    if (negative_ || text.front() == '+') {
      text.remove_prefix(1);
    }
    const auto e = std::min(text.find_first_of("eE"), text.size());
    digits_ = text.substr(0, e);
    const auto point = std::min(digits_.find('.'), digits_.size());
    const auto first = digits_.find_first_not_of("0.");
    if (first == std::string_view::npos) {
      digits_ = {};
      negative_ = false;
      return;
    }
    digits_.remove_prefix(first);
    digits_.remove_suffix(digits_.size() - 1 - digits_.find_last_not_of("0."));
    exponent_ = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) +
                (first > point ? 1 : 0) + read_exponent(text.substr(e));
  }

  // Returns a negative number, zero or a positive number.
  int compare(const Decimal& other) const {
    if (negative_ != other.negative_) {
      return negative_ ? -1 : 1;
    }
    const int order = compare_magnitude(other);
    return negative_ ? -order : order;
  }

 private:
  // Exponents beyond what any comparison can tell apart count as that.
  static std::int64_t read_exponent(std::string_view text) {
    constexpr std::int64_t most = std::int64_t{1} << 60;
    if (text.empty()) {
      return 0;
    }
    text.remove_prefix(1);
    const bool negative = text.front() == '-';
    if (negative || text.front() == '+') {
      text.remove_prefix(1);
    }
    std::int64_t exponent = 0;
    for (const char c : text) {
      exponent = exponent < most / 10 - 1 ? exponent * 10 + (c - '0') : most;
    }
    return negative ? -exponent : exponent;
  }

  static char take_digit(std::string_view& digits) {
    if (digits.empty()) {
      return '0';
    }
    if (digits.front() == '.') {
      digits.remove_prefix(1);
    }
    const char digit = digits.front();
    digits.remove_prefix(1);
    return digit;
  }

  int compare_magnitude(const Decimal& other) const {
    if (digits_.empty() || other.digits_.empty()) {
      return static_cast<int>(!digits_.empty()) - static_cast<int>(!other.digits_.empty());
    }
    if (exponent_ != other.exponent_) {
      return exponent_ < other.exponent_ ? -1 : 1;
    }
    auto mine = digits_;
    auto others = other.digits_;
    while (!mine.empty() || !others.empty()) {
      const char a = take_digit(mine);
      const char b = take_digit(others);
      if (a != b) {
        return a < b ? -1 : 1;
      }
    }
    return 0;
  }

  bool negative_ = false;
  std::string_view digits_;  // and a point, without zeros around them; "" is zero
  std::int64_t exponent_ = 0;
};

// Returns whether the double that is nearest to the text is that number.
bool is_held(std::string_view text, double nearest) {
  const auto is_no_exponent = [](char c) { return c != 'e' && c != 'E'; };
  if (text.size() <= digits_held && std::all_of(text.begin(), text.end(), is_no_exponent)) {
    return true;
  }
  if (!std::isfinite(nearest)) {
    return false;
  }
  NumberBuffer buffer;
  const auto shortest = number_text(nearest, buffer);
  return text == shortest || Decimal(text).compare(Decimal(shortest)) == 0;
}

}  // namespace

Value exact_number(std::string_view decimal) noexcept {
  const auto nearest = read_decimal(decimal);
  if (!nearest) {
    return {};
  }
  return is_held(decimal, *nearest) ? Value::number(*nearest) : Value::number(*nearest, decimal);
}

bool relates(const Value& a, Relation relation, const Value& b) noexcept {
  const double x = a.as_number();
  const double y = b.as_number();
  // Rounding keeps the order: numbers whose nearest doubles differ are ordered as those are.
  if (x != y || (a.exact_text().empty() && b.exact_text().empty())) {
    return relates(x, relation, y);
  }
  // Infinity itself has no text that is a decimal: what is written is nearer to zero.
  if (std::isinf(x) && (a.exact_text().empty() || b.exact_text().empty())) {
    const int order = a.exact_text().empty() == (x > 0) ? 1 : -1;
    return relates(order, relation, 0);
  }
  NumberBuffer first;
  NumberBuffer second;
  const Decimal left(number_text(a, first));
  const Decimal right(number_text(b, second));
  return relates(left.compare(right), relation, 0);
}

}  // namespace personalize
