#include "base/text/list_field.h"

#include <string>
#include <vector>

#include "suite.h"

using namespace personalize;

namespace {

std::vector<std::string> elements(std::string_view list) {
  std::vector<std::string> all;
  while (!list.empty()) {
    all.emplace_back(take_element(list));
  }
  return all;
}

using List = std::vector<std::string>;

void elements_are_separated_by_commas(void**) {
  assert_true(elements("") == List());
  assert_true(elements("public") == List{"public"});
  assert_true(elements(" public ,max-age=60,\tno-store ") ==
              (List{"public", "max-age=60", "no-store"}));
  assert_true(elements("a,,b,") == (List{"a", "", "b"}));
}

void commas_in_quotes_separate_nothing(void**) {
  assert_true(elements("private=\"a, b\", c") == (List{"private=\"a, b\"", "c"}));
  assert_true(elements("x=\"a\\\", b\", c") == (List{"x=\"a\\\", b\"", "c"}));
  assert_true(elements("x=\"never closed, b") == List{"x=\"never closed, b"});
  assert_true(elements("x=\"\\") == List{"x=\"\\"});
}

void names_end_before_values_and_parameters(void**) {
  assert_true(name_of_element("max-age=60") == "max-age");
  assert_true(name_of_element("text/html ;q=0.9") == "text/html");
  assert_true(name_of_element("prefetch;prerender") == "prefetch");
  assert_true(name_of_element("") == "");
}

void an_element_is_found_by_its_name(void**) {
  assert_true(has_element("public, No-Store", "no-store"));
  assert_true(has_element("private=\"x\"", "private"));
  assert_false(has_element("x=\"no-store, no-store\"", "no-store"));
  assert_false(has_element("no-stores", "no-store"));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(elements_are_separated_by_commas),
    cmocka_unit_test(commas_in_quotes_separate_nothing),
    cmocka_unit_test(names_end_before_values_and_parameters),
    cmocka_unit_test(an_element_is_found_by_its_name),
};
const Suite suite(__FILE__, tests);

}  // namespace
