// How much a browser may say.
#include "personalize/record/event_budget.h"

#include <memory>

#include "suite.h"

using namespace personalize;

namespace {

constexpr std::int64_t now = 1'760'000'000;
constexpr std::uint64_t ada = 0x1234567800000005U;
constexpr std::uint64_t bob = 0x8765432100000005U;

void a_burst_and_then_by_the_second(void**) {
  const auto budget = std::make_unique<EventBudget>();
  for (std::uint32_t i = 0; i < EventBudget::burst; ++i) {
    assert_true(budget->take(ada, now, 1));
  }
  assert_false(budget->take(ada, now, 1));
  assert_true(budget->take(bob, now, EventBudget::burst));
  assert_true(budget->take(ada, now + 2, 2 * EventBudget::of_visitor.per_second));
  assert_false(budget->take(ada, now + 2, 1));
}

void all_or_nothing(void**) {
  const auto budget = std::make_unique<EventBudget>();
  assert_false(budget->take(ada, now, EventBudget::burst + 1));
  assert_true(budget->take(ada, now, EventBudget::burst));
}

void it_never_holds_more_than_a_burst(void**) {
  const auto budget = std::make_unique<EventBudget>();
  assert_true(budget->take(ada, now, 1));
  assert_false(budget->take(ada, now + 1'000'000, EventBudget::burst + 1));
  assert_true(budget->take(ada, now + 1'000'000, EventBudget::burst));
}

void a_clock_that_is_set_back_gives_nothing(void**) {
  const auto budget = std::make_unique<EventBudget>();
  assert_true(budget->take(ada, now, EventBudget::burst));
  assert_false(budget->take(ada, now - 1000, 1));
}

void addresses_may_say_more(void**) {
  const auto budget = std::make_unique<EventBudget>();
  const auto& limits = EventBudget::of_address;
  assert_true(budget->take(ada, now, limits.burst, limits));
  assert_false(budget->take(ada, now, 1, limits));
  assert_true(budget->take(ada, now + 3, 3 * limits.per_second, limits));
  assert_false(budget->take(ada, now + 3, 1, limits));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(addresses_may_say_more),
    cmocka_unit_test(a_burst_and_then_by_the_second),
    cmocka_unit_test(all_or_nothing),
    cmocka_unit_test(it_never_holds_more_than_a_burst),
    cmocka_unit_test(a_clock_that_is_set_back_gives_nothing),
};
const Suite suite(__FILE__, tests);

}  // namespace
