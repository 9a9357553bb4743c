// Where and why a text is not JSON, as a configuration is told.
#include "base/values/json/json_error.h"

#include "base/values/json/json_file.h"
#include "suite.h"

namespace {

void says(std::string_view json, const std::string& expected) {
  const auto said = personalize::describe_json_error(json);
  assert_string_equal(said.c_str(), expected.c_str());
  // Whoever reads it agrees that it is none.
  std::string errors;
  assert_true(personalize::parse_json(json, errors).has_value() == expected.empty());
  assert_string_equal(errors.c_str(), expected.c_str());
}

void what_is_json(void**) {
  for (const auto* json :
       {"[]", "{}", " [1, -0.5, 1e3, 1E-3, true, false, null] ",
        R"({"a": {"b": [{"c": "d \"e\" \u20ac \\ "}]}})", R"([{"a": 1}, {"a": 2}])"}) {
    says(json, "");
  }
}

void where_it_goes_wrong(void**) {
  says(R"([{"name": "Kettle" "price": 49}])",
       "in element 1, after member \"name\": \",\" or \"}\" is missing before `\"price\": 49}]` "
       "(line 1, column 20)");
  says(
      "[{\"a\": 1},\n {\"b\": [1, 2}]",
      "in element 2, member \"b\", after element 2: \",\" or \"]\" is missing before `}]` (line 2, "
      "column 13)");
  says("[1, 2,]", "after element 2: \",\" has no element after it: remove it (line 1, column 7)");
  says("{\"a\": 1,}",
       "after member \"a\": \",\" has no member after it: remove it (line 1, column 9)");
  says("[{a: 1}]",
       "in element 1: the name of a member is missing, in double quotes, before `a: 1}]` (line 1, "
       "column 3)");
  says("{\"a\" 1}", "in member \"a\": \":\" is missing before `1}` (line 1, column 6)");
  says("[{\"price\": 4,5}]",
       "in element 1, after member \"price\": the name of a member is missing, in double quotes, "
       "before `5}]` (line 1, column 14)");
  says("['a']",
       "in element 1: texts take double quotes, not single ones, before `'a']` (line 1, column 2)");
  says("[True]",
       "in element 1: \"True\" is no value: numbers are written as 49.5, texts in double quotes, "
       "and the other values are true, false and null (line 1, column 2)");
  says("[\"ab",
       "in element 1: the text that begins with `\"ab` has no closing quote (line 1, "
       "column 2)");
  says("{\"a\": 1, \"a\": 2}", "after member \"a\": member \"a\" is duplicate (line 1, column 10)");
  says("[\"\\x\"]",
       "in element 1: \\ stands before one of \" \\ / b f n r t u, not before `x\"]` (line 1, "
       "column "
       "4)");
  says("[\"\\u12\"]",
       "in element 1: \\u takes four hexadecimal digits, as in \\u20ac (line 1, column 4)");
  says("[1] 2", "nothing can follow the end, but `2` (line 1, column 5)");
  says("7", "it is neither a list in [ ] nor an object in { } (line 1, column 1)");
  says("", "it is neither a list in [ ] nor an object in { } (line 1, column 1)");
  for (const auto* number : {"[01]", "[1.]", "[.5]", "[+1]", "[1e]", "[-]", "[0x1]", "[NaN]"}) {
    assert_true(personalize::describe_json_error(number).find(" is no value") != std::string::npos);
  }
}

void deep_brackets(void**) {
  const auto said = personalize::describe_json_error(std::string(5000, '['));
  assert_true(said.find("nest deeper than 1000 levels") != std::string::npos);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(what_is_json),
    cmocka_unit_test(where_it_goes_wrong),
    cmocka_unit_test(deep_brackets),
};
const Suite suite(__FILE__, tests);

}  // namespace
