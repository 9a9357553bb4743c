// Numbers as they were written. A double holds 15 digits of any number, and 64-bit ids have 19: of
// 9007199254740993 it keeps 9007199254740992, which is another customer's id. So a number that a
// double does not hold keeps its text (Value::exact_text), which is used when it is written or
// compared; arithmetic takes the nearest double.
#pragma once

#include <string_view>

#include "base/numbers/number.h"
#include "personalize/base/relation.h"
#include "personalize/base/value.h"

namespace personalize {

// Returns the number that a decimal text stands for ("-12", "1e400"); missing if the text is not a
// number. If number_text(double) is another number, the value refers to the text, which must then
// outlive it.
Value exact_number(std::string_view decimal) noexcept;

// Returns the text of a number: its own if it has one, else the one that JavaScript makes of the
// double. It lives in `buffer`, or as long as the value.
inline std::string_view number_text(const Value& number, NumberBuffer& buffer) noexcept {
  const auto exact = number.exact_text();
  return exact.empty() ? number_text(number.as_number(), buffer) : exact;
}

// Returns whether two numbers relate so, to the last digit. With NaN nothing does.
bool relates(const Value& a, Relation relation, const Value& b) noexcept;
inline bool is_less(const Value& a, const Value& b) noexcept {
  return relates(a, Relation::less, b);
}

}  // namespace personalize
