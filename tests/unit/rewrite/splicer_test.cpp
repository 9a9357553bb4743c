// The splicer passes or drops each byte once, in order, whatever splices overlap or nest.
#include <cstddef>
#include <cstdint>

#include "harness.h"
#include "suite.h"

using namespace personalize;
using personalize::testing::Fills;

namespace {

const std::vector<std::string> names = {"a", "b", "c"};

std::string splice(const std::vector<Splice>& splices, const Fills& fills) {
  const std::string page = "0123456789";
  Splicer splicer(std::pmr::new_delete_resource());
  for (const Splice& one : splices) splicer.add(one);
  personalize::testing::Output output(page);
  personalize::testing::Filler filler(names, fills);
  assert_true(splicer.advance(page.size(), filler, output));
  assert_int_equal(splicer.position(), page.size());
  assert_true(output.in_order);
  return output.html;
}

void expect(const std::vector<Splice>& splices, const Fills& fills, const char* expected) {
  assert_string_equal(splice(splices, fills).c_str(), expected);
}

const Fills all = {{"a", "A"}, {"b", "B"}, {"c", "C"}};

void ranges_and_insertions(void**) {
  expect({}, all, "0123456789");
  expect({{2, 4, 0}}, all, "01A456789");
  expect({{2, 2, 0}}, all, "01A23456789");
  expect({{0, 0, 0}, {10, 10, 1}}, all, "A0123456789B");
  expect({{0, 10, 0}}, all, "A");
  expect({{0, 10, 0}}, {{"a", ""}}, "");
  expect({{2, 4, 0}}, {}, "0123456789");
}

void order(void**) {
  expect({{6, 7, 1}, {2, 3, 0}}, all, "01A345B789");
  expect({{2, 2, 1}, {2, 2, 0}}, all, "01BA23456789");
  expect({{2, 4, 1}, {2, 2, 0}}, all, "01AB456789");
  expect({{2, 2, 1, 5, 5}, {2, 2, 0, 4, 4}}, all, "01AB23456789");
}

void nesting(void**) {
  expect({{3, 4, 1}, {2, 6, 0}}, all, "01A6789");
  expect({{3, 4, 1}, {2, 6, 0}}, {{"b", "B"}}, "012B456789");
  expect({{2, 3, 1}, {2, 6, 0}}, all, "01A6789");
  // At the edges the numbers tell what stands in the range.
  expect({{2, 2, 1, 4, 4}, {2, 6, 0, 3, 7}, {6, 6, 2, 5, 5}}, all, "01A6789");
  expect({{2, 2, 1, 2, 2}, {2, 6, 0, 3, 7}, {6, 6, 2, 8, 8}}, all, "01BAC6789");
}

void overlap(void**) {
  expect({{2, 5, 0}, {4, 7, 1}}, all, "01A56789");
  expect({{2, 5, 0}, {4, 7, 1}}, {{"b", "B"}}, "0123B789");
}

class KeptFiller final : public SlotFiller {
 public:
  Fill fill(const Splice&, SlotHtml& html) noexcept override {
    ++asked;
    html = SlotHtml("A");
    html.behind = "Z";
    return Fill::kept;
  }
  int asked = 0;
};

void no_slot_is_filled_in_what_is_kept(void**) {
  const std::string page = "0123456789";
  Splicer splicer(std::pmr::new_delete_resource());
  splicer.add({2, 8, 0, 1, 9});
  splicer.add({2, 4, 1, 2, 3});
  splicer.add({5, 6, 1, 5, 6});
  splicer.add({8, 8, 2, 7, 7});
  personalize::testing::Output output(page);
  KeptFiller filler;
  assert_true(splicer.advance(page.size(), filler, output));
  assert_string_equal(output.html.c_str(), "01A234567Z89");
  assert_int_equal(filler.asked, 1);
}

class PendingFiller final : public SlotFiller {
 public:
  Fill fill(const Splice&, SlotHtml& html) noexcept override {
    ++asked;
    html.text = "A";
    return asked < 3 ? Fill::pending : Fill::content;
  }
  int asked = 0;
};

void waits_at_a_pending_slot(void**) {
  const std::string page = "0123456789";
  Splicer splicer(std::pmr::new_delete_resource());
  personalize::testing::Output output(page);
  PendingFiller filler;
  assert_true(splicer.advance(3, filler, output));
  splicer.add({4, 6, 0});
  assert_false(splicer.advance(8, filler, output));
  assert_int_equal(splicer.position(), 4);
  assert_false(splicer.advance(10, filler, output));
  assert_string_equal(output.html.c_str(), "0123");
  assert_true(splicer.advance(10, filler, output));
  assert_string_equal(output.html.c_str(), "0123A6789");
  assert_int_equal(filler.asked, 3);
}

// Keeps the default content of slot 0, between marks.
class SurroundingFiller final : public SlotFiller {
 public:
  Fill fill(const Splice& splice, SlotHtml& html) noexcept override {
    html.text = splice.slot == 0 ? "(" : "B";
    html.behind = splice.slot == 0 && splice.begin < splice.end ? ")" : "";
    return splice.slot == 0 ? Fill::around : Fill::content;
  }
};

std::string surround(const std::vector<Splice>& splices, std::uint64_t first_settled = 10) {
  const std::string page = "0123456789";
  Splicer splicer(std::pmr::new_delete_resource());
  for (const Splice& one : splices) splicer.add(one);
  personalize::testing::Output output(page);
  SurroundingFiller filler;
  assert_true(splicer.advance(first_settled, filler, output));
  assert_true(splicer.advance(page.size(), filler, output));
  assert_int_equal(splicer.position(), page.size());
  assert_true(output.in_order);
  return output.html;
}

void default_content_between_marks(void**) {
  assert_string_equal(surround({{2, 4, 0}}).c_str(), "01(23)456789");
  assert_string_equal(surround({{2, 2, 0}}).c_str(), "01(23456789");
  assert_string_equal(surround({{0, 10, 0}}).c_str(), "(0123456789)");
  // What stands in it is filled, at its edges as the numbers say.
  assert_string_equal(surround({{2, 6, 0, 3, 7}, {3, 4, 1, 4, 5}}).c_str(), "01(2B45)6789");
  assert_string_equal(
      surround({{2, 2, 1, 4, 4}, {2, 6, 0, 3, 7}, {6, 6, 1, 5, 5}, {6, 6, 1, 8, 8}}).c_str(),
      "01(B2345B)B6789");
  assert_string_equal(surround({{2, 6, 0}}, 3).c_str(), "01(2345)6789");
  // An end that is not known gets none.
  assert_string_equal(surround({{2, Splice::open_end, 0}}).c_str(), "0123456789");
  // An outer slot that is filled takes it along.
  assert_string_equal(surround({{1, 8, 1, 1, 9}, {2, 6, 0, 3, 7}}).c_str(), "0B89");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(ranges_and_insertions),
    cmocka_unit_test(order),
    cmocka_unit_test(nesting),
    cmocka_unit_test(no_slot_is_filled_in_what_is_kept),
    cmocka_unit_test(overlap),
    cmocka_unit_test(waits_at_a_pending_slot),
    cmocka_unit_test(default_content_between_marks),
};
const Suite suite(__FILE__, tests);

}  // namespace
