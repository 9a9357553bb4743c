// Dates and durations.
#include "base/numbers/date.h"
#include "base/numbers/units.h"

#include <string>

#include <cstddef>
#include <cstdint>

#include "suite.h"

namespace {

using personalize::days_to_anniversary;
using personalize::parse_duration;
using personalize::read_instant;
using personalize::Value;

struct Instant {
  const char* text;
  double seconds;
};

void test_instants(void** /*state*/) {
  const Instant instants[] = {
      {"1970-01-01", 0},
      {"1969-12-31T23:59:59Z", -1},
      {"2000-02-29", 951782400},
      {"2026-11-20", 1795132800},
      {"2026-11-20T12:00Z", 1795176000},
      {"2026-11-20 12:00:30", 1795176030},
      {"2026-11-20T12:00:30.250Z", 1795176030.25},
      {"2026-11-20T13:00:00+01:00", 1795176000},
      {"2026-11-20T06:30:00-0530", 1795176000},
      {"2026-11-20T14:00:00+02", 1795176000},
      {"1795176000", 1795176000},
      {"1795176000000", 1795176000},
      {"1795176000.5", 1795176000.5},
  };
  for (const auto& one : instants) {
    const auto got = read_instant(Value::string(one.text));
    if (!got || *got != one.seconds) {
      fail_msg("%s: got %f, expected %f", one.text, got.value_or(-999), one.seconds);
    }
  }
  assert_true(read_instant(Value::number(1795176000000)) == 1795176000.0);
}

void test_what_is_no_instant(void** /*state*/) {
  const char* texts[] = {"",
                         "soon",
                         "2026-13-01",
                         "2026-02-29",
                         "2026-00-10",
                         "2026-1-1",
                         "2026-11",
                         "20261120T",
                         "2026-11-20T",
                         "2026-11-20T25:00",
                         "2026-11-20T12:60",
                         "2026-11-20T12:00:00.",
                         "2026-11-20T12:00+1",
                         "2026-11-20T12:00Zx",
                         "2026-11-20x",
                         "inf",
                         "nan",
                         "1e999"};
  for (const char* text : texts) {
    if (read_instant(Value::string(text))) {
      fail_msg("\"%s\" was read", text);
    }
  }
  assert_false(read_instant(Value()).has_value());
  assert_false(read_instant(Value::null()).has_value());
  assert_false(read_instant(Value::boolean(true)).has_value());
}

void test_durations(void** /*state*/) {
  const Instant durations[] = {{"45s", 45},        {"30m", 1800},    {"12h", 43200},
                               {"180d", 15552000}, {"2w", 1209600},  {"1d12h", 129600},
                               {"0s", 0},          {"6M", 15552000}, {"1y", 31536000}};
  for (const auto& one : durations) {
    const auto got = parse_duration(one.text);
    assert_true(got.has_value());
    assert_true(*got == one.seconds);
  }
  for (const char* text : {"", "7", "d", "7days", "7 d", "-7d", "1.5h", "7D", "1h30"}) {
    if (parse_duration(text)) {
      fail_msg("\"%s\" was read", text);
    }
  }
}

void test_anniversaries(void** /*state*/) {
  struct Anniversary {
    const char* date;
    const char* today;
    int days;
  };
  const Anniversary cases[] = {
      {"1990-11-20", "2026-11-20", 0}, {"1990-01-02", "2026-12-30", 3},
      {"1990-12-30", "2027-01-02", 3}, {"2000-02-29", "2024-02-29", 0},
      {"2000-02-29", "2026-02-28", 0}, {"2000-02-29", "2026-03-01", 1},
      {"2000-02-29", "2024-02-28", 1}, {"02-29", "2026-02-27", 1},
      {"--12-24", "2026-12-24", 0},    {"1600-06-01", "1969-06-03", 2},
      {"946684800", "2026-01-01", 0},  {"-1", "2026-12-31", 0},
  };
  for (const auto& one : cases) {
    const double now = *read_instant(Value::string(one.today)) + 86399;
    const auto days = days_to_anniversary(Value::string(one.date), now);
    if (days.value_or(-1) != one.days) {
      fail_msg("%s on %s: %d", one.date, one.today, days.value_or(-1));
    }
  }
  for (const char* text :
       {"", "13-01", "02-30", "2026-02-30", "--02-30", "x", "1e300", "2026-1-1"}) {
    assert_false(days_to_anniversary(Value::string(text), 0).has_value());
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_anniversaries),
    cmocka_unit_test(test_instants),
    cmocka_unit_test(test_what_is_no_instant),
    cmocka_unit_test(test_durations),
};
const Suite suite(__FILE__, tests);

}  // namespace
