// What the suite's cases do not hold: ids that are not ASCII, or not UTF-8, and odd weights. What
// is expected of hashes is what GrowthBook's JavaScript SDK answers.
#include "decision/experiments/bucketing.h"

#include "decision/experiments/experiment.h"
#include "decision/experiments/hash_plan.h"

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

// Hashes that are planned are those that are made one by one, whichever is asked for first.
void test_planned_hashes(void** /*state*/) {
  decision::Experiments experiments;
  constexpr personalize::AttributeId visitor = 3, company = 7;
  const auto add = [&](personalize::AttributeId by, const std::string& seed, int version) {
    decision::Experiment& one = experiments.experiments.emplace_back();
    one.hash_by.id = by;
    one.seed = seed;
    one.hash_version = version;
  };
  for (int i = 0; i < 11; ++i) {
    add(i % 3 == 0 ? company : visitor, "experiment-" + std::to_string(i), 1 + i % 2);
  }
  add(visitor, "", 2);
  add(visitor, "experiment-1", 2);  // again
  add(visitor, "unknown", 3);
  add(visitor, "space", 1);
  experiments.experiments.back().space = {"space", {0, 0.5}};
  decision::HashPlan plan;
  plan.plan(experiments);
  const auto& all = experiments.experiments;
  assert_int_equal(all[12].hash, all[1].hash);
  assert_int_equal(all[13].hash, decision::no_hash);

  for (int id = 0; id < 3000; ++id) {
    const std::string value =
        (id % 5 == 0 ? "jos\xc3\xa9 \xf0\x9f\x98\x80 \xff" : "visitor ") + std::to_string(id * id);
    for (const personalize::AttributeId by : {visitor, company}) {
      std::vector<double> hashes(plan.size(), decision::unknown_hash);
      const auto check_one = [&](std::uint32_t place, std::string_view seed, int version) {
        plan.compute(place, value, hashes.data());
        assert_true(hashes[place] == decision::hash(seed, value, version));
      };
      for (const decision::Experiment& one : all) {
        if (*one.hash_by.id == by && one.hash != decision::no_hash) {
          check_one(one.hash, one.seed, one.hash_version);
        }
      }
      if (by == visitor) {
        check_one(all.back().space->hash, "__space", 1);
      }
    }
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_hashes_utf16_code_units), cmocka_unit_test(test_bytes_that_are_not_utf8),
    cmocka_unit_test(test_unknown_version),         cmocka_unit_test(test_coverage_is_a_share),
    cmocka_unit_test(test_coverage_keeps_variants), cmocka_unit_test(test_range_ends),
    cmocka_unit_test(test_steps_in_ranges),         cmocka_unit_test(test_planned_hashes),
};
const Suite suite(__FILE__, tests);

}  // namespace
