// What slots know of their elements: the values of data-… attributes, however the page is cut, and
// the same by its plan.
#include "personalize/base/element_data.h"

#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

#include "harness.h"
#include "suite.h"

using namespace personalize;
using namespace personalize::testing;

namespace {

const std::vector<std::string> names = {"cover", "bar"};

SlotMatcher matcher_of(const std::vector<SlotRule>& rules, std::vector<std::string> data,
                       std::vector<bool> slots = {true, false}) {
  return SlotMatcher(names, rules, {std::move(data), std::move(slots)});
}

SlotRule rule(const char* selector, Placement placement, bool all = true, SlotId slot = 0) {
  return {{}, slot, selector, placement, all, false};
}

// "sku=A1 name=-" for each splice, in the order of the page.
std::string describe(const std::pmr::vector<Splice>& splices, std::size_t count,
                     bool is_utf8 = true) {
  std::string text;
  bool is_first = true;
  for (const Splice& splice : splices) {
    text += std::exchange(is_first, false) ? "" : "|";
    for (std::size_t i = 0; i < count && !splice.data.empty(); ++i) {
      const auto value = ElementData(splice.data).value(i, is_utf8);
      text += (i == 0 ? "" : ",") + std::string(value.value_or("-"));
    }
  }
  return text;
}

// What a scan finds, if that does not depend on where the page is cut, and a plan keeps the same.
std::string scan(const SlotMatcher& matcher, const std::string& page, std::size_t count,
                 bool is_utf8 = true, const Scanner::Limits& limits = {}) {
  std::string expected;
  for (std::size_t cut = 0; cut < page.size(); ++cut) {
    std::pmr::monotonic_buffer_resource memory;
    Scanner scanner(matcher, limits, &memory);
    std::pmr::vector<Splice> splices;
    {
      const std::string first = page.substr(0, cut);
      scanner.scan(first, false, splices);
    }
    scanner.scan(page.substr(cut), true, splices);
    const std::string found = describe(splices, count, is_utf8);
    if (cut == 0) expected = found;
    if (found != expected) return "[cut at " + std::to_string(cut) + ": " + found + "]";
  }
  std::pmr::monotonic_buffer_resource memory;
  const auto bytes = make_plan(matcher, limits, page, {}, &memory);
  const auto plan = PagePlan::read(bytes);
  if (!plan) return "[no plan]";
  std::pmr::vector<Splice> kept;
  for (std::size_t i = 0; i < plan->splice_count(); ++i) kept.push_back(plan->splice(i));
  const std::string planned = describe(kept, count, is_utf8);
  return planned == expected ? expected : "[by its plan: " + planned + "]";
}

void expect(const SlotMatcher& matcher, const std::string& page, std::size_t count,
            const char* expected) {
  assert_string_equal(scan(matcher, page, count).c_str(), expected);
}

void each_element_has_its_values(void**) {
  const std::string page =
      "<!doctype html><body>"
      "<article class=card data-sku=A1 data-name=\"Red\">1</article>"
      "<article class=card data-sku='B 2'>2</article>"
      "<article class='x card' DATA-SKU=C3 data-sku=D4 data-name=>3</article>"
      "<article class=card>4</article></body>";
  const char* found = "A1,Red|B 2,-|C3,|-,-";
  for (const Placement placement : {Placement::inner, Placement::replace, Placement::before,
                                    Placement::after, Placement::prepend, Placement::append}) {
    expect(matcher_of({rule(".card", placement)}, {"sku", "name"}), page, 2, found);
  }
}

void names_are_those_of_the_project(void**) {
  expect(matcher_of({rule("p", Placement::inner)}, {"item_id", "a1"}),
         "<!doctype html><body><p data-item-id=1 data-a1=x>a</p><p data-item_id=2 data-a-1=y>b</p>"
         "<p data-Item-Id=3>c</p><p data-itemid=4 item-id=5 xdata-item-id=6>d</p></body>",
         2, "1,x|2,-|3,-|-,-");
}

void references_are_decoded(void**) {
  expect(matcher_of({rule("p", Placement::inner)}, {"n"}),
         "<!doctype html><body><p data-n='Fish &amp; &#67;hips &lt;b&gt;'>a</p>"
         "<p data-n='&quot;&#x22;&copy=1&b=2'>b</p><p data-n='&nosuch;'>c</p>"
         "<p data-n='a&#0;\r\nb'>d</p><p data-n='H&M, R&D & Caf&eacute &copyright&euro;'>e</p>"
         "<p data-n='&AMP;&Eacute;&yuml;&nbsp;&sup2&euro'>f</p></body>",
         1,
         "Fish & Chips <b>|\"\"&copy=1&b=2|-|a\xEF\xBF\xBD\nb|"
         "H&M, R&D & Caf\xC3\xA9 &copyright\xE2\x82\xAC|&\xC3\x89\xC3\xBF\xC2\xA0\xC2\xB2&euro");
}

void other_charsets_have_ascii_alone(void**) {
  const auto matcher = matcher_of({rule("p", Placement::inner)}, {"n", "m"});
  const std::string page =
      "<!doctype html><body><p data-n='caf\xE9' data-m='caf&#233;'>a</p></body>";
  assert_string_equal(scan(matcher, page, 2, true).c_str(), "caf\xE9,caf\xC3\xA9");
  assert_string_equal(scan(matcher, page, 2, false).c_str(), "-,caf\xC3\xA9");
}

void only_slots_that_ask_have_any(void**) {
  const std::string page =
      "<!doctype html><body><p data-sku=1 data-pz-slot=cover>a</p><!--pz:bar-->b<!--/pz-->"
      "<i data-sku=2>c</i></body>";
  expect(matcher_of({rule("i", Placement::inner, true, 1)}, {"sku"}), page, 1, "1||");
  expect(matcher_of({rule("i", Placement::inner, true, 1)}, {"sku"}, {false, true}), page, 1,
         "||2");
  expect(matcher_of({}, {}), page, 1, "|");
  // A pair of comments is at no element.
  expect(matcher_of({}, {"sku"}, {false, true}), page, 1, "|");
}

void one_element_can_have_several_slots(void**) {
  expect(matcher_of({rule("p", Placement::prepend), rule("p", Placement::append, true, 1)}, {"sku"},
                    {true, true}),
         "<!doctype html><body><p data-sku=1>a</p><p data-sku=2>b</p></body>", 1, "1|1|2|2");
}

void an_implied_element_has_none(void**) {
  expect(matcher_of({rule("tbody", Placement::append)}, {"sku"}),
         "<!doctype html><body><table><tr><td>1</table></body>", 1, "");
}

void early_content_has_them(void**) {
  SlotRule early = rule("main", Placement::inner);
  early.early = true;
  const auto matcher = matcher_of({early}, {"sku"});
  const std::string page = "<!doctype html><body><main data-sku=7><p>a</p></main></body>";
  std::pmr::monotonic_buffer_resource memory;
  Scanner scanner(matcher, {}, &memory);
  std::pmr::vector<Splice> splices;
  scanner.scan(page, true, splices);
  assert_string_equal(describe(splices, 1).c_str(), "7|");
  // A plan knows where what it replaces ends.
  const auto bytes = make_plan(matcher, {}, page, {}, &memory);
  const auto plan = PagePlan::read(bytes);
  assert_true(plan.has_value());
  assert_int_equal(plan->splice_count(), 1);
  assert_string_equal(std::string(*ElementData(plan->splice(0).data).value(0, true)).c_str(), "7");
}

void what_is_too_long_is_left_out(void**) {
  const std::string page = "<!doctype html><body><p data-n='" + std::string(1024, 'a') +
                           "' data-m='" + std::string(1025, 'b') + "'>a</p></body>";
  const auto matcher = matcher_of({rule("p", Placement::inner)}, {"n", "m"});
  assert_string_equal(scan(matcher, page, 2).c_str(), (std::string(1024, 'a') + ",-").c_str());
  // With a limit of 1k, only 256 bytes of a value are known.
  assert_string_equal(scan(matcher, page, 2, true, {1024, 1024}).c_str(), "-,-");
}

void a_thousand_elements_are_looked_at(void**) {
  std::string page = "<!doctype html><body>";
  for (int i = 0; i < 1010; ++i) page += "<p data-n=" + std::to_string(i) + ">x</p>";
  page += "</body>";
  const auto matcher = matcher_of({rule("p", Placement::inner)}, {"n"});
  std::pmr::monotonic_buffer_resource memory;
  Scanner scanner(matcher, {}, &memory);
  std::pmr::vector<Splice> splices;
  scanner.scan(page, true, splices);
  assert_int_equal(splices.size(), 1000);
  assert_string_equal(std::string(*ElementData(splices.back().data).value(0, true)).c_str(), "999");
  assert_int_equal(scanner.doubts(Doubt::too_many_elements), 10);
}

void a_page_keeps_so_many_bytes(void**) {
  std::string page = "<!doctype html><body>";
  for (int i = 0; i < 400; ++i) page += "<p data-n=" + std::string(1000, 'x') + ">x</p>";
  page += "</body>";
  const auto matcher = matcher_of({rule("p", Placement::inner)}, {"n"});
  std::pmr::monotonic_buffer_resource memory;
  const auto bytes = make_plan(matcher, {}, page, {}, &memory);
  const auto plan = PagePlan::read(bytes);
  assert_true(plan.has_value());
  assert_int_equal(plan->splice_count(), 256 * 1024 / 1002);
  assert_int_equal(plan->doubts(Doubt::too_many_elements), 400 - 256 * 1024 / 1002);
}

void slots_that_ask_for_others_have_other_plans(void**) {
  const auto none = matcher_of({}, {});
  const auto sku = matcher_of({}, {"sku"});
  assert_true(none.digest() != sku.digest());
  assert_true(matcher_of({}, {"sku"}, {true, true}).digest() != sku.digest());
  assert_true(matcher_of({}, {"sku"}).digest() == sku.digest());
}

void damaged_values_are_none(void**) {
  std::string bytes;
  ElementData::add(bytes, "abc", false);
  ElementData::add(bytes, std::nullopt, false);
  ElementData::add(bytes, "", false);
  assert_string_equal(std::string(*ElementData(bytes).value(0, false)).c_str(), "abc");
  assert_false(ElementData(bytes).value(1, true).has_value());
  assert_true(ElementData(bytes).value(2, true)->empty());
  assert_false(ElementData(bytes).value(3, true).has_value());
  assert_false(ElementData().value(0, true).has_value());
  for (std::size_t size = 0; size < 5; ++size) {
    const std::string cut = bytes.substr(0, size);
    assert_false(ElementData(cut).value(0, true).has_value());
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(each_element_has_its_values),
    cmocka_unit_test(names_are_those_of_the_project),
    cmocka_unit_test(references_are_decoded),
    cmocka_unit_test(other_charsets_have_ascii_alone),
    cmocka_unit_test(only_slots_that_ask_have_any),
    cmocka_unit_test(one_element_can_have_several_slots),
    cmocka_unit_test(an_implied_element_has_none),
    cmocka_unit_test(early_content_has_them),
    cmocka_unit_test(what_is_too_long_is_left_out),
    cmocka_unit_test(a_thousand_elements_are_looked_at),
    cmocka_unit_test(a_page_keeps_so_many_bytes),
    cmocka_unit_test(slots_that_ask_for_others_have_other_plans),
    cmocka_unit_test(damaged_values_are_none),
};
const Suite suite(__FILE__, tests);

}  // namespace
