#include "personalize/redis/circuit_breaker.h"

#include <cstddef>
#include <cstdint>

#include "suite.h"

namespace {

using personalize::CircuitBreaker;
using State = CircuitBreaker::State;

constexpr CircuitBreaker::Limits limits{3, 50, 2000};

void failures_in_a_row_are_too_much(void**) {
  CircuitBreaker breaker(limits);
  assert_false(breaker.failed());
  assert_false(breaker.failed());
  assert_true(breaker.failed());
  assert_true(breaker.failed());
  assert_true(breaker.state() == State::closed);
  breaker.trip();
  assert_true(breaker.state() == State::open);
  assert_false(breaker.failed());
}

void a_success_between_starts_the_count_again(void**) {
  CircuitBreaker breaker(limits);
  assert_false(breaker.failed());
  assert_false(breaker.failed());
  breaker.succeeded();
  assert_false(breaker.failed());
  assert_false(breaker.failed());
  assert_true(breaker.failed());
}

void the_delay_doubles_up_to_its_end(void**) {
  CircuitBreaker breaker(limits);
  const std::uint32_t expected[] = {50, 100, 200, 400, 800, 1600, 2000, 2000};
  for (const std::uint32_t delay : expected) {
    breaker.trip();
    assert_int_equal(breaker.delay_ms(0), delay / 2);
    assert_int_equal(breaker.delay_ms(delay - delay / 2), delay);
    for (std::uint32_t random = 0; random < 5000; random += 7) {
      assert_in_range(breaker.delay_ms(random), delay / 2, delay);
    }
    breaker.probing();
    assert_true(breaker.state() == State::half_open);
  }
  for (int i = 0; i < 100000; ++i) breaker.trip();
  assert_in_range(breaker.delay_ms(UINT32_MAX), 1000, 2000);
}

void only_a_command_brings_the_delay_back(void**) {
  CircuitBreaker breaker(limits);
  breaker.trip();
  breaker.probing();
  breaker.probe_succeeded();
  assert_true(breaker.state() == State::closed);
  breaker.trip();
  assert_int_equal(breaker.delay_ms(0), 50);  // half of 100: opened twice in a row

  breaker.probing();
  breaker.probe_succeeded();
  breaker.succeeded();
  breaker.trip();
  assert_int_equal(breaker.delay_ms(0), 25);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(failures_in_a_row_are_too_much),
    cmocka_unit_test(a_success_between_starts_the_count_again),
    cmocka_unit_test(the_delay_doubles_up_to_its_end),
    cmocka_unit_test(only_a_command_brings_the_delay_back),
};
const Suite suite(__FILE__, tests);

}  // namespace
