// Numbers that a double cannot hold, compared to the last digit.
#include "base/values/exact_number.h"

#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <limits>
#include <string>

namespace {

using personalize::exact_number;
using personalize::is_less;
using personalize::Kind;
using personalize::number_text;
using personalize::NumberBuffer;
using personalize::relates;
using personalize::Relation;
using personalize::Value;

// In ascending order; those of a line are equal.
constexpr const char* ascending[][4] = {
    {"-1e99999999999999999999"},
    {"-1e401", "-10e400"},
    {"-1e400"},
    {"-18446744073709551616.5"},
    {"-18446744073709551616", "-1.8446744073709551616e19"},
    {"-9007199254740993", "-9007199254740993.00"},
    {"-9007199254740992"},
    {"-1"},
    {"-1e-400"},
    {"0", "-0", "0e400", "0.0000000000000000000000"},
    {"1e-400", "10e-401"},
    {"5e-324"},
    {"0.1234567890123456788"},
    {"0.1234567890123456789", "1.234567890123456789e-1", ".1234567890123456789",
     "00.12345678901234567890"},
    {"1", "1.0", "10e-1", "+1"},
    {"9007199254740991"},
    {"9007199254740992", "9007199254740992.0"},
    {"9007199254740993", "9007199254740993e0"},
    {"9007199254740994", "9007199254740994.0"},
    {"9007199254740994.00000000000000000001"},
    {"18446744073709551615"},
    {"18446744073709551616", "18446744073709551616.000"},
    {"123456789012345678901234567890"},
    {"123456789012345678901234567891"},
    {"1e400", "10e399"},
    {"1e401"},
    {"1e99999999999999999999"},
};

void numbers_are_ordered_to_the_last_digit(void**) {
  constexpr std::size_t count = sizeof(ascending) / sizeof(*ascending);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < count; ++j) {
      for (const char* a : ascending[i]) {
        for (const char* b : ascending[j]) {
          if (a == nullptr || b == nullptr) {
            continue;
          }
          const Value x = exact_number(a);
          const Value y = exact_number(b);
          const bool right = relates(x, Relation::equal, y) == (i == j) &&
                             is_less(x, y) == (i < j) &&
                             relates(x, Relation::greater_equal, y) == (i >= j);
          if (!right) {
            fail_msg("%s and %s", a, b);
          }
        }
      }
    }
  }
}

void infinity_is_beyond_what_is_written(void**) {
  const Value infinity = Value::number(std::numeric_limits<double>::infinity());
  const Value minus = Value::number(-std::numeric_limits<double>::infinity());
  assert_true(is_less(exact_number("1e400"), infinity));
  assert_false(is_less(infinity, exact_number("1e400")));
  assert_true(is_less(minus, exact_number("-1e400")));
  assert_false(is_less(exact_number("-1e400"), minus));
  assert_true(relates(infinity, Relation::equal, infinity));
  const Value nan = Value::number(std::numeric_limits<double>::quiet_NaN());
  for (const auto relation : {Relation::equal, Relation::less, Relation::greater_equal}) {
    assert_false(relates(nan, relation, exact_number("9007199254740993")));
    assert_false(relates(exact_number("9007199254740993"), relation, nan));
  }
}

void text_is_what_was_written(void**) {
  NumberBuffer buffer;
  assert_true(number_text(exact_number("9007199254740993"), buffer) == "9007199254740993");
  assert_true(number_text(exact_number("9007199254740992"), buffer) == "9007199254740992");
  assert_true(number_text(exact_number("1e400"), buffer) == "1e400");
  assert_true(number_text(exact_number("-0"), buffer) == "0");
  assert_true(number_text(exact_number("1.50"), buffer) == "1.5");
  for (const char* text : {"", "x", "1x", "0x10", "nan", "inf", " 1", "--1", "1e"}) {
    assert_true(exact_number(text).is_missing());
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(numbers_are_ordered_to_the_last_digit),
    cmocka_unit_test(infinity_is_beyond_what_is_written),
    cmocka_unit_test(text_is_what_was_written),
};
const Suite suite(__FILE__, tests);

}  // namespace
