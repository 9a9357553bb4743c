// Slots that are attributes.
#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "harness.h"
#include "suite.h"

using namespace personalize;
using personalize::testing::Fills;
using personalize::testing::Rewritten;

namespace {

SlotRule rule(SlotId slot, const char* selector, const char* attribute, bool all = false) {
  return SlotRule{Where{"test.conf", 1}, slot, selector, Placement::inner, all, false, attribute};
}

Rewritten rewrite(const std::vector<SlotRule>& rules, const Fills& fills, const std::string& html) {
  const std::vector<std::string> names = {"x", "y"};
  SlotMatcher matcher(names, rules);
  std::vector<std::size_t> cuts;
  for (std::size_t cut = 0; cut <= html.size(); ++cut) cuts.push_back(cut);
  auto whole = personalize::testing::rewrite_in_chunks(matcher, names, fills, html, {}, {});
  const auto bytes = personalize::testing::rewrite_in_chunks(matcher, names, fills, html, cuts, {});
  assert_string_equal(bytes.html.c_str(), whole.html.c_str());
  const auto none = personalize::testing::rewrite_in_chunks(matcher, names, {}, html, cuts, {});
  assert_string_equal(none.html.c_str(), html.c_str());
  return whole;
}

void expect(const std::string& html, const std::string& expected,
            const std::vector<SlotRule>& rules = {rule(0, ".x", "src")}) {
  const auto result = rewrite(rules, {{"x", " src=\"X\""}, {"y", " alt=\"Y\""}}, html);
  assert_string_equal(result.html.c_str(), expected.c_str());
}

void as_it_is_written(void**) {
  expect("<img class=x src=\"a\" alt=b>", "<img class=x  src=\"X\" alt=b>");
  expect("<img class=x src='a'>", "<img class=x  src=\"X\">");
  expect("<img class=x src=a>", "<img class=x  src=\"X\">");
  expect("<img src=/a/ class=x />", "<img  src=\"X\" class=x />");
  expect("<img class=x src = a />", "<img class=x  src=\"X\" />");
  expect("<img class=x src alt>", "<img class=x  src=\"X\" alt>");
  expect("<img class=x src>", "<img class=x  src=\"X\">");
  expect("<img class=x src=>", "<img class=x  src=\"X\">");
  expect("<IMG CLASS=x SRC=\"a\"/>", "<IMG CLASS=x  src=\"X\"/>");
  expect("<img/src=\"a\"class=x>", "<img/ src=\"X\"class=x>");
  expect("<img data-src=b title='src=c' class=x src=\"a > b\">",
         "<img data-src=b title='src=c' class=x  src=\"X\">");
  // Of two the first counts.
  expect("<img class=x src=a src=b>", "<img class=x  src=\"X\" src=b>");
}

void where_it_is_absent(void**) {
  expect("<img class=x>", "<img src=\"X\" class=x>");
  expect("<img class=x/>", "<img class=x/>");
  expect("<img class='x'/>", "<img src=\"X\" class='x'/>");
  expect("<svg><image class='x'/></svg>", "<svg><image src=\"X\" class='x'/></svg>");
}

// The end of the element does not matter, nor where in the tree it comes to stand.
void wherever_the_element_is(void**) {
  expect("<p><b><i class=x>a</b>b", "<p><b><i src=\"X\" class=x>a</b>b");
  expect("<table>a<i class=x>b<tr>", "<table>a<i src=\"X\" class=x>b<tr>");
  expect("<select><option class=x>a", "<select><option src=\"X\" class=x>a");
  expect("<head class=x><body>", "<head src=\"X\" class=x><body>");
  const auto implied = rewrite({rule(0, "tbody", "src")}, {{"x", " src=\"X\""}}, "<table><tr>");
  assert_int_equal(implied.doubts[static_cast<int>(Doubt::end_uncertain)], 1);
}

void with_others(void**) {
  expect("<img class=x src=a alt=b>", "<img class=x  src=\"X\"  alt=\"Y\">",
         {rule(0, ".x", "src"), rule(1, ".x", "alt")});
  expect("<img class=x>", "<img src=\"X\" alt=\"Y\" class=x>",
         {rule(0, ".x", "src"), rule(1, ".x", "alt")});
  expect("<i class=x></i><i class=x></i>", "<i src=\"X\" class=x></i><i class=x></i>");
  expect("<i class=x></i><i class=x></i>", "<i src=\"X\" class=x></i><i src=\"X\" class=x></i>",
         {rule(0, ".x", "src", true)});
  for (const auto& [placement, expected] :
       {std::pair(Placement::before, "N<p src=\"X\" class=x>a</p>"),
        std::pair(Placement::prepend, "<p src=\"X\" class=x>Na</p>"),
        std::pair(Placement::inner, "<p src=\"X\" class=x>N</p>"),
        std::pair(Placement::append, "<p src=\"X\" class=x>aN</p>"),
        std::pair(Placement::after, "<p src=\"X\" class=x>a</p>N"),
        std::pair(Placement::replace, "N")}) {
    const std::vector<SlotRule> rules = {
        rule(0, ".x", "src"), SlotRule{Where{"test.conf", 1}, 1, ".x", placement, false}};
    const auto result = rewrite(rules, {{"x", " src=\"X\""}, {"y", "N"}}, "<p class=x>a</p>");
    assert_string_equal(result.html.c_str(), expected);
    const auto alone = rewrite(rules, {{"x", " src=\"X\""}}, "<p class=x>a</p>");
    assert_string_equal(alone.html.c_str(), "<p src=\"X\" class=x>a</p>");
  }
}

// What the page has there, as scripts would read it.
void its_own_value(void**) {
  const auto original = [](const std::string& html, const char* attribute, std::size_t n = 0) {
    SlotMatcher matcher({"x"}, {rule(0, ".x", attribute, true)});
    std::pmr::monotonic_buffer_resource memory;
    Scanner scanner(matcher, {}, &memory);
    std::pmr::vector<Splice> splices(&memory);
    scanner.scan(html, true, splices);
    return n < splices.size() ? std::string(splices[n].original) : "<none>";
  };
  assert_string_equal(original("<a class=x href='/a?b=1&amp;c'>", "href").c_str(), "=/a?b=1&c");
  assert_string_equal(original("<a class=x HREF=\"a\r\nb\">", "href").c_str(), "=a\nb");
  assert_string_equal(original("<a class=x href>", "href").c_str(), "=");
  assert_string_equal(original("<a class=x>", "href").c_str(), "=");
  assert_string_equal(original("<a class=x title='\xC3\xA9'>", "title").c_str(), "=\xC3\xA9");
  assert_string_equal(original("<a class='x  y'>", "class").c_str(), "=x  y");
  // Lists of classes beyond ASCII stay as they are; of others the value is not known then.
  assert_string_equal(original("<a class='x \xC3\xA9'>", "class").c_str(), "<none>");
  assert_string_equal(
      original("<a class=x title='" + std::string(5000, 'a') + "'>", "title").c_str(), "");
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "<a class=x title=t></a>";
  assert_string_equal(original(many, "title", 999).c_str(), "=t");
  assert_string_equal(original(many, "title", 1000).c_str(), "");
  assert_string_equal(original(many, "class", 1000).c_str(), "<none>");
}

// Content for a tag must not come to stand in the page.
void it_has_no_other_place(void**) {
  for (const auto& rules : {std::vector{rule(0, ".x", "src")}, std::vector{rule(0, "", "src")}}) {
    expect("<p data-pz-slot=x>a</p><!--pz:x-->b<!--/pz-->",
           "<p data-pz-slot=x>a</p><!--pz:x-->b<!--/pz-->", rules);
  }
}

void long_tags(void**) {
  const std::string html = "<img class=x title='" + std::string(100000, 'a') + "' src=a>";
  const std::vector<std::string> names = {"x"};
  SlotMatcher matcher(names, {rule(0, ".x", "src")});
  const auto result = personalize::testing::rewrite_in_chunks(matcher, names, {{"x", " src=\"X\""}},
                                                              html, {50, 70000}, {});
  assert_true(result.html == html);
  assert_int_equal(result.doubts[static_cast<int>(Doubt::token_too_long)], 1);
}

void types_of_matches(void**) {
  const Where where{"test.conf", 1};
  assert_string_equal(type_of_matches("main > IMG.hero:first-child", where).c_str(), "img");
  assert_string_equal(type_of_matches("img, a > img", where).c_str(), "img");
  for (const char* several : {"img, source", ".hero", "img, .hero", ":is(img, source)", "*"}) {
    assert_string_equal(type_of_matches(several, where).c_str(), "");
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(its_own_value),      cmocka_unit_test(as_it_is_written),
    cmocka_unit_test(where_it_is_absent), cmocka_unit_test(wherever_the_element_is),
    cmocka_unit_test(with_others),        cmocka_unit_test(it_has_no_other_place),
    cmocka_unit_test(long_tags),          cmocka_unit_test(types_of_matches),
};
const Suite suite(__FILE__, tests);

}  // namespace
