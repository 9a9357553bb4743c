// Schedules: which clock counts, and what is refused. Percentages.
#include "decision/timing/schedule.h"

#include "base/numbers/number.h"
#include "fixture.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "suite.h"

using personalize::ConfigError;
using personalize::read_percent;
using personalize::decision::Clock;
using personalize::decision::read_schedule;

namespace {

constexpr double noon = 1795176000;  // 2026-11-20T12:00:00Z
constexpr double hour = 3600;

bool holds(const char* line, double now, double offset) {
  return read_schedule(fixture::Reader(line).statements().at(0)).holds(Clock{now, offset});
}

void test_a_zone_makes_it_one_moment(void** /*state*/) {
  const char* line = "schedule from=2026-11-20T13:00:00+01:00 until=2026-11-20T14:00Z;";
  for (const double offset : {-8 * hour, 0.0, 9 * hour}) {
    assert_false(holds(line, noon - 1, offset));
    assert_true(holds(line, noon, offset));
    assert_true(holds(line, noon + 2 * hour - 1, offset));
    assert_false(holds(line, noon + 2 * hour, offset));
  }
}

void test_without_zone_the_visitors_clock_counts(void** /*state*/) {
  const char* line = "schedule from=2026-11-20T13:00 until=2026-11-21;";
  assert_false(holds(line, noon, 0));
  assert_true(holds(line, noon, hour));
  assert_true(holds(line, noon, 11 * hour));
  assert_false(holds(line, noon, 12 * hour));
  assert_true(holds(line, noon + 19 * hour, -8 * hour));
}

void test_one_end_may_be_open(void** /*state*/) {
  assert_true(holds("schedule from=2026-11-20T12:00Z;", noon + 1e9, 0));
  assert_false(holds("schedule from=2026-11-20T12:00Z;", noon - 1, 0));
  assert_true(holds("schedule until=2026-11-20T12:00Z;", noon - 1, 0));
  assert_false(holds("schedule until=2026-11-20T12:00Z;", noon, 0));
}

void test_an_unknown_time_is_outside(void** /*state*/) {
  assert_false(holds("schedule from=2020-01-01;", noon, NAN));
  assert_false(holds("schedule until=2099-01-01T00:00Z;", NAN, 0));
}

std::string error_of(const char* line) {
  try {
    holds(line, noon, 0);
    return "";
  } catch (const ConfigError& error) {
    assert_string_equal(error.where().file.c_str(), "test.conf");
    return error.what();
  }
}

void test_mistakes(void** /*state*/) {
  const auto refuses = [](const char* line, const char* why) {
    const auto error = error_of(line);
    if (error.find(why) == std::string::npos) {
      fail_msg("%s: \"%s\" does not say \"%s\"", line, error.c_str(), why);
    }
  };
  refuses("schedule;", "empty");
  refuses("schedule 2026-11-20;", "from= and until=");
  refuses("schedule from=tomorrow;", "is not a date");
  refuses("schedule from=2026-02-30;", "is not a date");
  refuses("schedule from=1795176000;", "is not a date");
  refuses("schedule from=2026-11-20 from=2026-11-21;", "is duplicate");
  refuses("schedule from=2026-11-20 until=2026-11-20;", "before it begins");
  refuses("schedule from=2026-11-21T00:00Z until=2026-11-20T00:00Z;", "before it begins");
}

void test_percentages(void** /*state*/) {
  assert_true(read_percent("5%") == 0.05);
  assert_true(read_percent("12.5%") == 0.125);
  assert_true(read_percent("0%") == 0.0);
  assert_true(read_percent("100%") == 1.0);
  for (const char* text : {"", "%", "5", "5 %", "-1%", "101%", "x%", "1e9%", "nan%"}) {
    assert_false(read_percent(text).has_value());
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_a_zone_makes_it_one_moment),
    cmocka_unit_test(test_without_zone_the_visitors_clock_counts),
    cmocka_unit_test(test_one_end_may_be_open),
    cmocka_unit_test(test_an_unknown_time_is_outside),
    cmocka_unit_test(test_mistakes),
    cmocka_unit_test(test_percentages),
};
const Suite suite(__FILE__, tests);

}  // namespace
