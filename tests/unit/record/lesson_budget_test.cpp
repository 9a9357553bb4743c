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

void test_what_an_address_can_teach_of_an_item(void** /*state*/) {
  const auto budget = std::make_unique<LessonBudget>();
  for (std::uint32_t taken = 0; taken < LessonBudget::of_item; taken += 2) {
    assert_true(budget->take(hash(1000), hash(2000), 2, now));
  }
  assert_false(budget->take(hash(1000), hash(2000), 2, now + 10));
  assert_true(budget->take(hash(1001), hash(2000), 10, now + 10));  // another item
  assert_true(budget->take(hash(1001), hash(2000), 10, now + 10));
  assert_false(budget->take(hash(1001), hash(2000), 10, now + 10));
  assert_true(budget->take(hash(1002), hash(2001), 2, now + 10));  // another address
  assert_false(budget->take(hash(1000), hash(2000), 2, now + day - 1));
  assert_true(budget->take(hash(1000), hash(2000), 2, now + day));
}

void test_what_an_address_can_teach_at_all(void** /*state*/) {
  const auto budget = std::make_unique<LessonBudget>();
  std::uint64_t item = 0;
  const auto take = [&](std::uint64_t address, std::int64_t time) {
    ++item;
    return budget->take(hash(20000 + item), hash(address), 2, time);
  };
  for (std::uint32_t taken = 0; taken < LessonBudget::burst; taken += 2) {
    assert_true(take(1, now));
  }
  assert_false(take(1, now));
  assert_true(take(1, now + 1));
  assert_false(take(1, now + 1));
  assert_true(take(2, now + 1));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_what_an_address_can_teach_of_an_item),
    cmocka_unit_test(test_what_an_address_can_teach_at_all),
};
const Suite suite(__FILE__, tests);

}  // namespace
