#include "personalize/record/newcomers.h"

#include <memory>
#include <string>

#include "suite.h"

namespace {

using personalize::NewcomerLimits;
using personalize::Newcomers;

constexpr NewcomerLimits limits{60, 100};  // one a minute, a hundred at once

// How many of `count` made-up ids an address gets in.
int admitted(Newcomers& newcomers, const std::string& address, int count, std::int64_t now,
             const std::string& prefix = "v") {
  int sum = 0;
  for (int i = 0; i < count; ++i) {
    sum += newcomers.admit(prefix + std::to_string(i), address, now, limits) ? 1 : 0;
  }
  return sum;
}

std::unique_ptr<Newcomers> make() {
  auto newcomers = std::make_unique<Newcomers>();
  newcomers->set_seed(1, 2);
  return newcomers;
}

void a_burst_and_then_the_rate(void**) {
  const auto newcomers = make();
  assert_int_equal(admitted(*newcomers, "a", 5000, 1000), 100);
  assert_int_equal(admitted(*newcomers, "a", 10, 1059, "w"), 0);
  assert_int_equal(admitted(*newcomers, "a", 10, 1060, "w"), 1);
  assert_int_equal(admitted(*newcomers, "a", 5000, 1060 + 1000 * 60, "x"), 100);
}

void addresses_do_not_share(void**) {
  const auto newcomers = make();
  assert_int_equal(admitted(*newcomers, "a", 5000, 1000), 100);
  assert_int_equal(admitted(*newcomers, "b", 50, 1000, "w"), 50);
}

void who_was_let_in_stays_in(void**) {
  const auto newcomers = make();
  assert_true(newcomers->admit("ada", "a", 1000, limits));
  assert_int_equal(admitted(*newcomers, "a", 5000, 1000), 99);
  for (std::int64_t now = 1001; now < 300000; now += 80000) {
    assert_true(newcomers->admit("ada", "a", now, limits));
    admitted(*newcomers, "a", 5000, now);
  }
  assert_true(newcomers->admit("ada", "elsewhere", 320001, limits));
}

void after_a_day_one_counts_again(void**) {
  const auto newcomers = make();
  assert_true(newcomers->admit("ada", "a", 1000, limits));
  assert_int_equal(admitted(*newcomers, "a", 5000, 1000 + 86400), 100);
  assert_false(newcomers->admit("ada", "a", 1000 + 86400, limits));
}

// Many addresses of one attacker cost nobody else their sessions for long.
void tables_are_bounded(void**) {
  const auto newcomers = make();
  assert_true(newcomers->admit("ada", "a", 1000, limits));
  for (int i = 0; i < 200000; ++i) {
    assert_true(newcomers->admit("w" + std::to_string(i), std::to_string(i), 1001, limits));
  }
  assert_true(newcomers->admit("ada", "a", 1002, limits));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(a_burst_and_then_the_rate), cmocka_unit_test(addresses_do_not_share),
    cmocka_unit_test(who_was_let_in_stays_in),   cmocka_unit_test(after_a_day_one_counts_again),
    cmocka_unit_test(tables_are_bounded),
};
const Suite suite(__FILE__, tests);

}  // namespace
