#include "personalize/record/lesson_budget.h"

#include <memory>

#include "suite.h"

namespace {

using personalize::LessonBudget;

constexpr std::int64_t now = 1795176000;
constexpr std::int64_t day = 86400;

// Any different numbers do for hashes.
constexpr std::uint64_t hash(std::uint64_t n) {
  return (n + 1) * 0x9e3779b97f4a7c15U;
}

void test_an_address_counts_twenty_times_for_an_item(void** /*state*/) {
  const auto budget = std::make_unique<LessonBudget>();
  for (std::uint64_t visitor = 0; visitor < LessonBudget::of_item; ++visitor) {
    assert_true(budget->take(hash(visitor), hash(1000), hash(2000), now));
    assert_true(budget->take(hash(visitor), hash(1000), hash(2000), now + 5));  // again
  }
  assert_false(budget->take(hash(50), hash(1000), hash(2000), now + 10));
  assert_true(budget->take(hash(3), hash(1000), hash(2000), now + 10));   // a visitor who counts
  assert_true(budget->take(hash(51), hash(1001), hash(2000), now + 10));  // another item
  assert_true(budget->take(hash(52), hash(1002), hash(2001), now + 10));  // another address
  assert_false(budget->take(hash(53), hash(1000), hash(2000), now + day - 1));
  assert_true(budget->take(hash(53), hash(1000), hash(2000), now + day));
}

void test_an_address_teaches_one_thing_a_second(void** /*state*/) {
  const auto budget = std::make_unique<LessonBudget>();
  std::uint64_t item = 0;
  for (; item < LessonBudget::burst; ++item) {
    assert_true(budget->take(hash(10000 + item), hash(20000 + item), hash(1), now));
  }
  assert_false(budget->take(hash(10000 + item), hash(20000 + item), hash(1), now));
  assert_true(budget->take(hash(10000 + item), hash(20000 + item), hash(1), now + 1));
  ++item;
  assert_false(budget->take(hash(10000 + item), hash(20000 + item), hash(1), now + 1));
  assert_true(budget->take(hash(10000 + item), hash(20000 + item), hash(2), now + 1));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_an_address_counts_twenty_times_for_an_item),
    cmocka_unit_test(test_an_address_teaches_one_thing_a_second),
};
const Suite suite(__FILE__, tests);

}  // namespace
