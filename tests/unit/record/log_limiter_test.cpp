#include <cstddef>
#include <cstdint>
#include <limits>

#include "personalize/record/log_limiter.h"
#include "suite.h"

using namespace personalize;

namespace {

constexpr auto kind = Counter::visitor_forged;

int written(LogLimiter& limiter, int messages, std::int64_t now_ms) {
  int n = 0;
  for (int i = 0; i < messages; i++) {
    n += limiter.ask(kind, now_ms).write ? 1 : 0;
  }
  return n;
}

void a_burst_is_cut(void**) {
  LogLimiter limiter(2, 5);
  assert_int_equal(written(limiter, 100, 1000), 5);
}

void messages_come_back_at_the_rate(void**) {
  LogLimiter limiter(2, 5);
  written(limiter, 100, 1000);
  assert_int_equal(written(limiter, 10, 1499), 0);
  assert_int_equal(written(limiter, 10, 1500), 1);
  assert_int_equal(written(limiter, 10, 2500), 2);
  assert_int_equal(written(limiter, 10, 100000), 5);  // never more than a burst
}

void a_steady_flood_is_held_to_the_rate(void**) {
  LogLimiter limiter(3, 1);
  int n = 0;
  for (std::int64_t ms = 0; ms < 10000; ms++) {
    n += written(limiter, 3, ms);
  }
  assert_in_range(n, 29, 31);
}

void what_was_left_out_is_told_once(void**) {
  LogLimiter limiter(1, 1);
  assert_true(limiter.ask(kind, 0).write);
  for (int i = 0; i < 7; i++) {
    const auto answer = limiter.ask(kind, 10);
    assert_false(answer.write);
    assert_int_equal(answer.suppressed, 0);
  }
  const auto answer = limiter.ask(kind, 1010);
  assert_true(answer.write);
  assert_int_equal(answer.suppressed, 7);
  assert_int_equal(limiter.ask(kind, 9000).suppressed, 0);
}

void kinds_do_not_share(void**) {
  LogLimiter limiter(1, 1);
  assert_true(limiter.ask(Counter::visitor_forged, 0).write);
  assert_true(limiter.ask(Counter::redis_timeout, 0).write);
  assert_true(limiter.ask(Counter::log_suppressed, 0).write);
  assert_false(limiter.ask(Counter::redis_timeout, 0).write);
}

void clocks_may_jump(void**) {
  LogLimiter limiter(1, 2);
  assert_int_equal(written(limiter, 10, 1000000), 2);
  assert_int_equal(written(limiter, 10, 5), 0);
  assert_int_equal(written(limiter, 10, 1005), 1);
  assert_int_equal(written(limiter, 10, std::numeric_limits<std::int64_t>::max()), 2);
  assert_int_equal(written(limiter, 10, std::numeric_limits<std::int64_t>::min()), 0);
  assert_int_equal(written(limiter, 10, std::numeric_limits<std::int64_t>::max()), 2);
}

void limits_of_nothing_let_something_through(void**) {
  LogLimiter limiter(0, 0);
  assert_int_equal(written(limiter, 10, 0), 1);
  assert_int_equal(written(limiter, 10, 1000), 1);
  LogLimiter most(std::numeric_limits<std::uint32_t>::max(),
                  std::numeric_limits<std::uint32_t>::max());
  assert_int_equal(written(most, 100, 0), 100);
  assert_int_equal(written(most, 100, std::numeric_limits<std::int64_t>::max()), 100);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(a_burst_is_cut),
    cmocka_unit_test(messages_come_back_at_the_rate),
    cmocka_unit_test(a_steady_flood_is_held_to_the_rate),
    cmocka_unit_test(what_was_left_out_is_told_once),
    cmocka_unit_test(kinds_do_not_share),
    cmocka_unit_test(clocks_may_jump),
    cmocka_unit_test(limits_of_nothing_let_something_through),
};
const Suite suite(__FILE__, tests);

}  // namespace
