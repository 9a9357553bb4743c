// When sessions began.
#include "personalize/record/session_starts.h"

#include <memory>

#include "suite.h"

using namespace personalize;

namespace {

constexpr std::int64_t now = 1'760'000'000;
constexpr std::int64_t timeout = 1800;

std::uint64_t visitor(std::uint64_t i) {
  return i * 0x9E3779B97F4A7C15U;
}

void a_session_lasts_while_the_visitor_is_here(void**) {
  const auto starts = std::make_unique<SessionStarts>();
  for (std::int64_t t = 0; t < 10 * timeout; t += timeout - 1) {
    assert_int_equal(starts->note(visitor(1), now + t, timeout), now);
  }
}

void it_ends_when_nothing_is_noted(void**) {
  const auto starts = std::make_unique<SessionStarts>();
  assert_int_equal(starts->note(visitor(1), now, timeout), now);
  assert_int_equal(starts->note(visitor(1), now + timeout, timeout), now + timeout);
  assert_int_equal(starts->note(visitor(2), now + timeout + 1, timeout), now + timeout + 1);
  assert_int_equal(starts->note(visitor(1), now + timeout + 2, timeout), now + timeout);
}

void a_full_table_forgets_who_was_away_longest(void**) {
  const auto starts = std::make_unique<SessionStarts>();
  const auto crowded = [](std::uint64_t i) { return i << 32U | 5U; };
  for (std::uint64_t i = 1; i <= 8; ++i) {
    starts->note(crowded(i), now, timeout);
  }
  assert_int_equal(starts->note(crowded(1), now + 5, timeout), now);
  starts->note(crowded(9), now + 6, timeout);
  assert_int_equal(starts->note(crowded(1), now + 7, timeout), now);
  assert_int_equal(starts->note(crowded(2), now + 8, timeout), now + 8);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(a_session_lasts_while_the_visitor_is_here),
    cmocka_unit_test(it_ends_when_nothing_is_noted),
    cmocka_unit_test(a_full_table_forgets_who_was_away_longest),
};
const Suite suite(__FILE__, tests);

}  // namespace
