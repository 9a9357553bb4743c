// What the suite's cases do not hold: ids that are not ASCII, or not UTF-8, and odd weights. What
// is expected of hashes is what GrowthBook's JavaScript SDK answers.
#include "decision/experiments/bucketing.h"

#include <string>

#include <cstddef>
#include <cstdint>

#include "suite.h"

namespace {

namespace decision = personalize::decision;

struct Case {
  const char* seed;
  const char* value;
  double version_1;
  double version_2;
};

void check(const Case& one) {
  const auto first = decision::hash(one.seed, one.value, 1);
  const auto second = decision::hash(one.seed, one.value, 2);
  assert_true(first && second);
  if (*first != one.version_1 || *second != one.version_2) {
    fail_msg("%s %s: got %.3f and %.4f", one.seed, one.value, *first, *second);
  }
}

void test_hashes_utf16_code_units(void** /*state*/) {
  check({"bar_copy", "jos\xc3\xa9", 0.585, 0.4549});
  check({"bar_copy", "\xe6\x97\xa5\xe6\x9c\xac", 0.007, 0.2792});
  check({"bar_copy", "\xf0\x9f\x98\x80", 0.763, 0.9014});  // two units
  check({"\xc5\xbc",
         "\xc5\x81\xc3\xb3"
         "d\xc5\xba",
         0.453, 0.8895});
}

void test_bytes_that_are_not_utf8(void** /*state*/) {
  check({"bar_copy",
         "a\xff"
         "b",
         0.176, 0.231});
  check({"bar_copy",
         "a\xc0\xaf"
         "b",
         0.187, 0.8027});                              // overlong
  check({"bar_copy", "\xed\xa0\x80", 0.397, 0.0697});  // a surrogate
  check({"bar_copy", "\xe2\x82\xf0", 0.397, 0.0697});  // cut off
}

void test_unknown_version(void** /*state*/) {
  assert_false(decision::hash("a", "b", 0).has_value());
  assert_false(decision::hash("a", "b", 3).has_value());
}

void test_coverage_is_a_share(void** /*state*/) {
  assert_true(decision::bucket_ranges(1, 2, {1})[0].end == 1);
  assert_true(decision::bucket_ranges(1, -1, {1})[0].end == 0);
  assert_true(decision::bucket_ranges(0, 1, {}).empty());
}

// Widening the coverage moves nobody to another variant.
void test_coverage_keeps_variants(void** /*state*/) {
  const auto narrow = decision::bucket_ranges(3, 0.3, {0.2, 0.5, 0.3});
  const auto wide = decision::bucket_ranges(3, 0.9, {0.2, 0.5, 0.3});
  int inside = 0;
  for (int i = 0; i < 10000; ++i) {
    const double n = i / 10000.0;
    const auto before = decision::choose_variation(n, narrow);
    if (before) {
      ++inside;
      assert_true(before == decision::choose_variation(n, wide));
    }
  }
  assert_in_range(inside, 2990, 3010);
}

void test_range_ends(void** /*state*/) {
  const auto ranges = decision::bucket_ranges(2, 1, {});
  assert_int_equal(*decision::choose_variation(0, ranges), 0);
  assert_int_equal(*decision::choose_variation(0.5, ranges), 1);
  assert_false(decision::choose_variation(1, ranges).has_value());
}

// The hash has so many steps that thirds are not all as wide.
void test_steps_in_ranges(void** /*state*/) {
  const auto thirds = decision::bucket_ranges(3, 1, {});
  int all = 0;
  for (const auto& range : thirds) {
    const int count = decision::bucket_count(range, 2);
    assert_in_range(count, 3333, 3334);
    all += count;
  }
  assert_int_equal(all, 10000);
  assert_int_equal(decision::bucket_count({0.1, 0.25}, 1), 150);
  assert_int_equal(decision::bucket_count({0, 1}, 3), 0);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_hashes_utf16_code_units), cmocka_unit_test(test_bytes_that_are_not_utf8),
    cmocka_unit_test(test_unknown_version),         cmocka_unit_test(test_coverage_is_a_share),
    cmocka_unit_test(test_coverage_keeps_variants), cmocka_unit_test(test_range_ends),
    cmocka_unit_test(test_steps_in_ranges),
};
const Suite suite(__FILE__, tests);

}  // namespace
