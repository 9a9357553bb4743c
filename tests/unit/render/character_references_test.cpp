// Non-ASCII text as character references.
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>

#include "personalize/render/character_references.h"
#include "suite.h"

using personalize::to_character_references;

namespace {

std::pmr::string converted(std::string_view text) {
  std::pmr::string html(text);
  to_character_references(html);
  return html;
}

void test_ascii_stays(void**) {
  assert_string_equal(converted("").c_str(), "");
  assert_string_equal(converted("<b>a &amp; b</b>").c_str(), "<b>a &amp; b</b>");
}

void test_others_become_numbers(void**) {
  assert_string_equal(converted("Łódź").c_str(), "&#321;&#243;d&#378;");
  assert_string_equal(converted("€ 5").c_str(), "&#8364; 5");
  assert_string_equal(converted("\xf0\x9d\x84\x9e").c_str(), "&#119070;");
}

void test_what_is_no_utf8(void**) {
  assert_string_equal(converted("a\xff"
                                "b")
                          .c_str(),
                      "a&#65533;b");
  assert_string_equal(converted("\xc3").c_str(), "&#65533;");
  assert_string_equal(converted("\xed\xa0\x80").substr(0, 8).c_str(), "&#65533;");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_ascii_stays),
    cmocka_unit_test(test_others_become_numbers),
    cmocka_unit_test(test_what_is_no_utf8),
};
const Suite suite(__FILE__, tests);

}  // namespace
