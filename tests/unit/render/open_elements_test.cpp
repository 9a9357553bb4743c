// Which elements a template leaves open, or ends without having begun them.
#include "render/templates/open_elements.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "suite.h"

using namespace personalize;

namespace {

// Reads "<b> #x <i> /x ^y </i> /y": tags, and sections.
OpenElement find(const std::string& text) {
  OpenElements elements;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word[0] == '<' && word[1] == '/') {
      elements.close(word.substr(2, word.size() - 3));
    } else if (word[0] == '<') {
      elements.open(word.substr(1, word.size() - 2));
    } else if (word[0] == '/') {
      elements.end_section();
    } else {
      const bool is_scoped = word[1] == '.';
      elements.begin_section(word.substr(is_scoped ? 2 : 1), word[0] == '^', is_scoped);
    }
  }
  return elements.find();
}

void assert_fine(const char* text) {
  const auto found = find(text);
  if (!found.name.empty()) {
    fail_msg("%s: %s", text, found.message().c_str());
  }
}

void assert_unclosed(const char* text, const char* name, const char* section = "",
                     bool is_shown = true) {
  const auto found = find(text);
  assert_string_equal(found.name.c_str(), name);
  assert_string_equal(found.section.c_str(), section);
  assert_true(found.section.empty() || found.is_shown == is_shown);
  assert_false(found.is_end);
}

void without_sections(void**) {
  assert_fine("");
  assert_fine("<div> <p> <b> </b> </div>");
  assert_fine("<ul> <li> <li> </ul>");
  assert_fine("</section>");
  assert_fine("</br>");
  assert_unclosed("<div> <b> </b>", "div");
  assert_unclosed("<div> <section> </div>", "section");
}

void sections_that_are_whole(void**) {
  assert_fine("<div> #x <b> </b> /x </div>");
  assert_fine("#x <li> /x");
  assert_unclosed("<div> #x <b> </b> /x", "div");
  assert_unclosed("#x <b> <i> </b> /x", "i", "x");
}

void sections_of_one_name(void**) {
  assert_fine("#x <a> /x #x </a> /x");
  assert_fine("#x <a> /x ^x <b> /x #x </a> /x ^x </b> /x");
  assert_fine("#x <div> /x ^x <div> /x </div>");
  assert_fine("#x <a> #y <b> /y #y </b> /y </a> /x");
  assert_unclosed("#x <a> /x ^x </a> /x", "a", "x");
  assert_unclosed("^x <a> /x #x </a> /x", "a", "x", false);
  assert_unclosed("#x <a> /x", "a", "x");
  assert_unclosed("#x <a> /x #y <b> /y #x </a> /x", "b", "y");
  assert_unclosed("#x <div> /x ^x <div> /x", "div");
}

void end_tags_of_the_page(void**) {
  const auto found = find("#x <div> /x </div>");
  assert_string_equal(found.name.c_str(), "div");
  assert_true(found.is_end);
  assert_string_equal(found.section.c_str(), "x");
  assert_false(found.is_shown);
  assert_non_null(std::strstr(found.message().c_str(), "where {{^x}} holds"));
}

// Of sections with different names it is not known whether they go together.
void sections_of_two_names(void**) {
  assert_fine("#x <div> /x ^y </div> /y");
  assert_fine("#x <a> /x #items #.x </a> /x /items");
}

void too_many_sections(void**) {
  std::string text;
  for (int i = 0; i < 12; ++i) {
    const auto n = std::to_string(i);
    text += "#x" + n + " <b> /x" + n + " ";
  }
  assert_fine(text.c_str());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(without_sections),      cmocka_unit_test(sections_that_are_whole),
    cmocka_unit_test(sections_of_one_name),  cmocka_unit_test(end_tags_of_the_page),
    cmocka_unit_test(sections_of_two_names), cmocka_unit_test(too_many_sections),
};
const Suite suite(__FILE__, tests);

}  // namespace
