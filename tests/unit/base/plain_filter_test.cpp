// Filters with Liquid's names: what they make of numbers, texts and lists.
#include "base/expressions/plain_filter.h"

#include <cstring>
#include <string>
#include <vector>

#include "base/values/json/json.h"
#include "base/values/scalar.h"
#include "personalize/base/document.h"
#include "suite.h"

using personalize::FilterError;
using personalize::PlainFilter;
using personalize::split_filters;
using personalize::Value;

namespace {

struct Case {
  const char* value;  // JSON; "" for missing
  const char* filters;
  const char* result;  // as text; "(missing)" if there is none
};

std::string filtered(const char* json, const std::string& filters, const Value& argument) {
  std::pmr::monotonic_buffer_resource memory;
  personalize::DocumentBuilder builder(&memory);
  Value value;
  if (*json != '\0') {
    assert_true(personalize::decode_json(json, builder));
    value = Value::document(builder.finish());
  }
  std::pmr::string scratch[2] = {std::pmr::string(&memory), std::pmr::string(&memory)};
  std::size_t turn = 0;
  std::vector<PlainFilter> compiled;
  for (const auto& words : split_filters(filters)) {
    compiled.push_back(*PlainFilter::compile(words));
  }
  for (const PlainFilter& filter : compiled) {
    value = filter.apply(value, argument, scratch[turn]);
    turn ^= 1;
  }
  if (value.is_missing()) {
    return "(missing)";
  }
  std::pmr::string text(&memory);
  append_scalar(value, text);
  return std::string(text);
}

void test_results(void** /*state*/) {
  const Case cases[] = {
      {"4", "| plus 2", "6"},
      {"4", "| plus: 2", "6"},
      {"16", "| minus 4", "12"},
      {"183.357", "| times 12", "2200.284"},
      {"0.1", "| plus 0.2", "0.3"},
      {"\"19.99\"", "| times 3", "59.97"},
      // The quotient of whole numbers is whole, rounded down.
      {"16", "| divided_by 4", "4"},
      {"20", "| divided_by 7", "2"},
      {"-7", "| divided_by 2", "-4"},
      {"7", "| divided_by -2", "-4"},
      {"20", "| divided_by 7.0", "2.85714285714286"},
      {"\"20.0\"", "| divided_by 8", "2.5"},
      {"20", "| divided_by 0", "(missing)"},
      {"1.2", "| round", "1"},
      {"2.7", "| round", "3"},
      {"183.357", "| round 2", "183.36"},
      {"2.5", "| round", "3"},
      {"-2.5", "| round", "-3"},
      {"1.005", "| round 2", "1.01"},
      {"-0.2", "| round", "0"},
      {"-1.2", "| floor", "-2"},
      {"1.2", "| ceil", "2"},
      {"-1.2", "| ceil", "-1"},
      {"4", "| at_least 5", "5"},
      {"4", "| at_least 3", "4"},
      {"4", "| at_most 3", "3"},
      {"9223372036854775807", "| at_least 5", "9223372036854775807"},
      {"9223372036854775807", "| round 2 | floor", "9223372036854775807"},
      {"1e308", "| round 2", "1e+308"},
      {"4", "| times profile.x", "12"},
      {"4", "| times profile.x | minus 2 | at_least 11", "11"},
      // What is no number stays none: no price of 0 for those of whom it is not known.
      {"", "| times 2", "(missing)"},
      {"null", "| plus 1", "(missing)"},
      {"\"abc\"", "| plus 1", "(missing)"},
      {"\"5 EUR\"", "| plus 1", "(missing)"},
      {"true", "| plus 1", "(missing)"},
      {"1e308", "| times 10", "(missing)"},
      {"", "| default 0 | plus 1", "1"},
      {"\"\"", "| default 'all'", "all"},
      {"0", "| default 5", "0"},
      {"[\"a\", 2, true]", "| join ', '", "a, 2, true"},
      {"[\"a\", \"b\"]", "| join", "a b"},
      {"[]", "| join", ""},
      {"\"a\"", "| join '-'", "a"},
      {"[\"a\", \"b\"]", "| first", "a"},
      {"[\"a\", \"b\"]", "| last", "b"},
      {"[]", "| first", "(missing)"},
      {"[]", "| last", "(missing)"},
      {"\"ab\"", "| first", "(missing)"},
      {"\"Łódź\"", "| size", "4"},
      {"[1, 2, 3]", "| size", "3"},
      {"{\"a\": 1}", "| size", "1"},
      {"", "| size", "0"},
      {"[0.1, 0.2, \"3\"]", "| sum", "3.3"},
      {"[]", "| sum", "0"},
      {"[{\"price\": 19.99, \"qty\": 3}, {\"price\": \"5.01\"}]", "| sum 'price'", "25"},
      {"[{\"price\": 19.99, \"qty\": 3}, {\"price\": 5.01, \"qty\": 1}]", "| sum: 'qty' 'price'",
       "64.98"},
      // A sum without one of the lines is the price of something else.
      {"[{\"price\": 19.99, \"qty\": 3}, {\"price\": 5}]", "| sum 'qty' 'price'", "(missing)"},
      {"[1, \"two\"]", "| sum", "(missing)"},
      {"[1, [2]]", "| sum 'price'", "(missing)"},
      {"{\"price\": 1}", "| sum 'price'", "(missing)"},
      {"", "| sum", "(missing)"},
      {"\"a b/ł&~\"", "| url_encode", "a+b%2F%C5%82%26~"},
      {"", "| url_encode", "(missing)"},
      {"{\"b\": [1, null, \"\\\"x\"], \"a\": true}", "| json", R"({"a":true,"b":[1,null,"\"x"]})"},
      {"\"x\"", "| json", "\"x\""},
      {"", "| json", "null"},
  };
  for (const auto& one : cases) {
    const auto got = filtered(one.value, one.filters, Value::number(3));
    if (got != one.result) {
      fail_msg("%s %s: %s instead of %s", one.value, one.filters, got.c_str(), one.result);
    }
  }
}

void test_mistakes(void** /*state*/) {
  for (const char* text : {"| plus", "| plus 1 2", "| plus 'a'", "| times 0x10", "| round -1",
                           "| round 11", "| round 1.5", "| floor 1", "| first 1", "| default",
                           "| default a=b", "| join a=b", "| sum a=b", "| sum ''", "| json 1"}) {
    try {
      for (const auto& words : split_filters(text)) {
        PlainFilter::compile(words);
      }
      fail_msg("%s was read", text);
    } catch (const FilterError& error) {
      assert_non_null(std::strstr(error.what(), " is written "));
    }
  }
  assert_false(PlainFilter::compile(split_filters("| upcase")[0]).has_value());
  assert_true(PlainFilter::list().find("divided_by NUMBER") != std::string::npos);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_results),
    cmocka_unit_test(test_mistakes),
};
const Suite suite(__FILE__, tests);

}  // namespace
