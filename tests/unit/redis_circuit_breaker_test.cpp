#include "redis/circuit_breaker.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

extern "C" {
#include <cmocka.h>
}

namespace {

using personalize::CircuitBreaker;
using State = CircuitBreaker::State;

constexpr CircuitBreaker::Limits limits{3, 50, 2000};

void opens_after_failures_in_a_row(void**) {
  CircuitBreaker breaker(limits);
  assert_false(breaker.failed(1));
  assert_false(breaker.failed(1));
  assert_true(breaker.state() == State::closed);
  assert_true(breaker.failed(1));
  assert_true(breaker.state() == State::open);
}

void a_success_between_starts_the_count_again(void**) {
  CircuitBreaker breaker(limits);
  assert_false(breaker.failed(2));
  breaker.succeeded();
  assert_false(breaker.failed(2));
  assert_true(breaker.failed(1));
}

void many_at_once_open_it_once(void**) {
  CircuitBreaker breaker(limits);
  assert_true(breaker.failed(UINT32_MAX));
  assert_false(breaker.failed(UINT32_MAX));
  assert_true(breaker.state() == State::open);
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
  assert_true(breaker.failed(3));
  assert_int_equal(breaker.delay_ms(0), 50);  // half of 100: opened twice in a row

  breaker.probing();
  breaker.probe_succeeded();
  breaker.succeeded();
  breaker.trip();
  assert_int_equal(breaker.delay_ms(0), 25);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(opens_after_failures_in_a_row),
      cmocka_unit_test(a_success_between_starts_the_count_again),
      cmocka_unit_test(many_at_once_open_it_once),
      cmocka_unit_test(the_delay_doubles_up_to_its_end),
      cmocka_unit_test(only_a_command_brings_the_delay_back),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
