// What counts once: tickets, exposures, orders.
#include "personalize/record/once_table.h"

#include <memory>

#include "suite.h"

using namespace personalize;

namespace {

using Table = OnceTable<4096>;

constexpr std::int64_t hour = 3600;
constexpr std::int64_t now = 1'760'000'000;

std::uint64_t hash(std::uint64_t i) {
  return i * 0x9E3779B97F4A7C15U;
}

void once(void**) {
  const auto table = std::make_unique<Table>();
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    assert_true(table->note(hash(i), now, hour));
  }
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    assert_false(table->note(hash(i), now + hour - 1, hour));
  }
  // By then it is too long ago.
  assert_true(table->note(hash(1), now + hour, hour));
}

void a_full_table_forgets_the_oldest(void**) {
  const auto table = std::make_unique<Table>();
  // Nine that share the low bits, of which a set has room for eight.
  const auto crowded = [](std::uint64_t i) { return (i << 32U) | 5U; };
  for (std::uint64_t i = 0; i < 9; ++i) {
    assert_true(table->note(crowded(i), now + static_cast<std::int64_t>(i), hour));
  }
  for (std::uint64_t i = 1; i < 9; ++i) {
    assert_false(table->note(crowded(i), now + 9, hour));
  }
  assert_true(table->note(crowded(0), now + 9, hour));
}

void what_was_forgotten_is_new(void**) {
  const auto table = std::make_unique<Table>();
  assert_true(table->note(hash(1), now, hour));
  assert_true(table->note(hash(2), now, hour));
  table->forget(hash(1));
  table->forget(hash(3));
  assert_true(table->note(hash(1), now, hour));
  assert_false(table->note(hash(2), now, hour));
}

void a_clock_that_is_set_back_forgets_nothing(void**) {
  const auto table = std::make_unique<Table>();
  assert_true(table->note(hash(1), now, hour));
  assert_false(table->note(hash(1), now - 10 * hour, hour));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(once),
    cmocka_unit_test(a_full_table_forgets_the_oldest),
    cmocka_unit_test(what_was_forgotten_is_new),
    cmocka_unit_test(a_clock_that_is_set_back_forgets_nothing),
};
const Suite suite(__FILE__, tests);

}  // namespace
