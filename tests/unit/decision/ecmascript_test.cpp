// JavaScript's conversions. What is expected is what Node.js answers.
#include "base/values/ecmascript.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "decision/conditions/version.h"
#include "fixture.h"

#include <cstddef>
#include <cstdint>

#include "suite.h"

namespace {

using namespace personalize::ecmascript;  // NOLINT(google-build-using-namespace)
using namespace personalize::decision;    // NOLINT(google-build-using-namespace)
using fixture::Json;
using personalize::number_text;
using personalize::NumberBuffer;
using personalize::relates;
using personalize::Relation;
using personalize::Value;

constexpr double infinity = std::numeric_limits<double>::infinity();

std::pmr::memory_resource* memory() {
  return std::pmr::new_delete_resource();
}

void assert_text(std::string_view got, std::string_view expected) {
  if (got != expected) {
    fail_msg("got \"%s\", expected \"%s\"", std::string(got).c_str(),
             std::string(expected).c_str());
  }
}

void test_number_to_text(void** /*state*/) {
  struct Case {
    double number;
    const char* text;
  };
  const Case cases[] = {
      {0, "0"},
      {-0.0, "0"},
      {1, "1"},
      {-12.5, "-12.5"},
      {0.1, "0.1"},
      {100, "100"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e21, "1e+21"},
      {1.5e300, "1.5e+300"},
      {0.000001, "0.000001"},
      {1e-7, "1e-7"},
      {-1.25e-9, "-1.25e-9"},
      {5e-324, "5e-324"},
      {-1.7976931348623157e308, "-1.7976931348623157e+308"},
      {infinity, "Infinity"},
      {-infinity, "-Infinity"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
  };
  for (const auto& one : cases) {
    NumberBuffer buffer;
    assert_text(number_text(one.number, buffer), one.text);
  }
}

// Amounts, and the doubles on both sides of them, which have up to 17 digits.
void test_amount_to_text(void** /*state*/) {
  const auto check = [](double number) {
    char expected[64];
    const auto end =
        std::to_chars(expected, expected + sizeof(expected), number, std::chars_format::fixed).ptr;
    NumberBuffer buffer;
    assert_text(number_text(number, buffer), {expected, static_cast<std::size_t>(end - expected)});
  };
  constexpr std::int64_t largest = 200'000'000'000'000;
  for (std::int64_t hundredths = 1; hundredths < largest; hundredths += 1 + hundredths / 777) {
    for (const double number :
         {static_cast<double>(hundredths) / 100, static_cast<double>(-hundredths) / 100}) {
      check(number);
      check(std::nextafter(number, 0));
      check(std::nextafter(number, 2 * number));
    }
  }
}

void test_value_to_text(void** /*state*/) {
  struct Case {
    const char* json;
    const char* text;
  };
  const Case cases[] = {{"", "null"},
                        {"null", "null"},
                        {"true", "true"},
                        {"\"x\"", "x"},
                        {"{\"a\": 1}", "[object Object]"},
                        {"[]", ""},
                        {"[1, null, \"a\", [2, [true]], {}]", "1,,a,2,true,[object Object]"}};
  for (const auto& one : cases) {
    const Json json(one.json);
    assert_text(Text(json.value(), memory()).view(), one.text);
  }
}

// However large and deep the array, the text has a limit.
void test_joined_text_is_limited(void** /*state*/) {
  std::string wide = "[\"" + std::string(60000, 'x') + "\"";
  for (int i = 0; i < 10; ++i) {
    wide += ",\"" + std::string(1000, 'y') + "\"";
  }
  const Json json(wide + "]");
  assert_int_equal(Text(json.value(), memory()).view().size(), 64 * 1024);
}

void test_text_to_number(void** /*state*/) {
  struct Case {
    const char* text;
    double number;
  };
  const Case cases[] = {{"", 0},
                        {"  12 \n", 12},
                        {"\xc2\xa0"
                         "5\xef\xbb\xbf",
                         5},
                        {"0x1F", 31},
                        {"0b101", 5},
                        {"0O17", 15},
                        {"1e3", 1000},
                        {".5", 0.5},
                        {"5.", 5},
                        {"+5", 5},
                        {"-5", -5},
                        {"1e400", infinity},
                        {"-1e400", -infinity},
                        {"1e-400", 0},
                        {"-Infinity", -infinity},
                        {"010", 10}};
  for (const auto& one : cases) {
    if (to_number(one.text) != one.number) {
      fail_msg("\"%s\": expected %f", one.text, one.number);
    }
  }
  for (const char* text : {"x", "1x", ".", "--5", "+", "0x", "0xg", "-0x1F", "inf", "nan",
                           "infinity", "1_000", "1 2", "e5", "1e"}) {
    if (!std::isnan(to_number(text))) {
      fail_msg("\"%s\" is no number", text);
    }
  }
  assert_true(to_number(Value(), memory()) == 0);
  assert_true(to_number(Json("[7]").value(), memory()) == 7);
  assert_true(std::isnan(to_number(Json("{}").value(), memory())));
}

void test_order_of_code_units(void** /*state*/) {
  assert_true(compare_code_units("a", "b") < 0);
  assert_true(compare_code_units("ab", "a") > 0);
  assert_true(compare_code_units("", "") == 0);
  assert_true(compare_code_units("\xc3\xa9", "z") > 0);
  // U+1F600 is written with surrogates, which stand before U+FFFD and U+E000.
  assert_true(compare_code_units("\xf0\x9f\x98\x80", "\xef\xbf\xbd") < 0);
  assert_true(compare_code_units("\xee\x80\x80", "\xf0\x9f\x98\x80") > 0);
  assert_true(compare_code_units("\xed\x9f\xbf", "\xf0\x9f\x98\x80") < 0);
}

void test_lower_case(void** /*state*/) {
  assert_text(Lowered("ABCxyz", memory()).view(), "abcxyz");
  assert_text(Lowered("\xc3\x89", memory()).view(), "\xc3\xa9");
  assert_text(Lowered("\xc4\xb0", memory()).view(), "i\xcc\x87");                 // İ
  assert_text(Lowered("\xce\x91\xce\xa3", memory()).view(), "\xce\xb1\xcf\x82");  // ΑΣ → ας
  const std::string long_text(1000, 'X');
  assert_text(Lowered(long_text, memory()).view(), std::string(1000, 'x'));
}

void test_versions(void** /*state*/) {
  assert_text(pad_version("v1.2.3-rc.1+build"), "    1-    2-    3-rc-    1");
  assert_text(pad_version("1.2.3"), "    1-    2-    3-~");
  assert_text(pad_version("1.2"), "    1-    2");
  assert_text(pad_version("123456"), "123456");
  assert_text(pad_version(""), "    0");
  assert_text(pad_version("v"), "");

  const char* versions[] = {"",           "0",          "v",      "1",        "1.2",       "1.2.3",
                            "1.2.3-rc.1", "1.2.3-rc.2", "1.2.10", "v2.0.0+x", "10000.0.0", "a.b"};
  for (const char* a : versions) {
    for (const char* b : versions) {
      const std::string padded = pad_version(b);
      const int expected = compare_code_units(pad_version(a), padded);
      const int got = compare_version(a, padded);
      if ((got < 0) != (expected < 0) || (got > 0) != (expected > 0)) {
        fail_msg("\"%s\" and \"%s\": got %d, expected %d", a, b, got, expected);
      }
    }
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_number_to_text), cmocka_unit_test(test_amount_to_text),
    cmocka_unit_test(test_value_to_text),  cmocka_unit_test(test_joined_text_is_limited),
    cmocka_unit_test(test_text_to_number), cmocka_unit_test(test_order_of_code_units),
    cmocka_unit_test(test_lower_case),     cmocka_unit_test(test_versions),
};
const Suite suite(__FILE__, tests);

}  // namespace
