#include "personalize/signals/local_time.h"

#include <ctime>
#include <memory_resource>

#include "assert_values.h"
#include "signals/request_fields.h"
#include "suite.h"

using namespace personalize;

namespace {

std::string date(const LocalTime& time) {
  std::pmr::monotonic_buffer_resource memory;
  return std::string(write_date(time, &memory));
}

std::string text(TimeZones& zones, std::string_view zone, std::int64_t seconds) {
  const auto time = zones.at(zone, seconds * 1000);
  return date(time) + " " + std::to_string(time.hour) + "h day " + std::to_string(time.weekday);
}

void zones_have_their_clocks(void**) {
  TimeZones zones;
  const std::int64_t s = 1795209299;  // 2026-11-20T21:14:59Z
  assert_text(text(zones, "UTC", s), "2026-11-20 21h day 5");
  assert_text(text(zones, "Europe/Warsaw", s), "2026-11-20 22h day 5");
  assert_text(text(zones, "Asia/Kolkata", s), "2026-11-21 2h day 6");
  assert_text(text(zones, "America/New_York", s), "2026-11-20 16h day 5");
  assert_text(text(zones, "Pacific/Kiritimati", s), "2026-11-21 11h day 6");
  assert_text(text(zones, "Europe/Warsaw", s), "2026-11-20 22h day 5");  // from the cache
}

void offsets_are_ahead_of_utc(void**) {
  TimeZones zones;
  const std::int64_t ms = 1795209299000;  // 2026-11-20T21:14:59Z
  assert_int_equal(zones.offset_s("UTC", ms), 0);
  assert_int_equal(zones.offset_s("Europe/Warsaw", ms), 3600);
  assert_int_equal(zones.offset_s("Asia/Kolkata", ms), 19800);
  assert_int_equal(zones.offset_s("America/New_York", ms), -18000);
}

void clocks_change_at_the_instant(void**) {
  TimeZones zones;
  const std::int64_t spring = 1774746000;  // 2026-03-29T01:00:00Z
  assert_text(text(zones, "Europe/Warsaw", spring - 1), "2026-03-29 1h day 0");
  assert_text(text(zones, "Europe/Warsaw", spring), "2026-03-29 3h day 0");
  assert_text(text(zones, "Europe/Warsaw", spring - 1), "2026-03-29 1h day 0");
  const std::int64_t autumn = 1792890000;  // 2026-10-25T01:00:00Z
  assert_text(text(zones, "Europe/Warsaw", autumn - 1), "2026-10-25 2h day 0");
  assert_text(text(zones, "Europe/Warsaw", autumn), "2026-10-25 2h day 0");
  assert_text(text(zones, "Europe/Warsaw", autumn + 3600), "2026-10-25 3h day 0");
}

void a_zone_that_is_none_is_the_servers(void**) {
  setenv("TZ", "Asia/Tokyo", 1);
  TimeZones zones;
  const std::int64_t s = 1795209299;
  const auto tokyo = text(zones, "Asia/Tokyo", s);
  assert_text(tokyo, "2026-11-21 6h day 6");
  for (const std::string& zone :
       {std::string(), std::string("Nowhere/Land"), std::string(1000, 'x'),
        std::string("\0\xff", 2), std::string("Etc/Unknown"), std::string("../../etc/passwd")}) {
    assert_text(text(zones, zone, s), tokyo);
  }
  unsetenv("TZ");
}

void dates_agree_with_the_c_library(void**) {
  TimeZones zones;
  // Every 37 hours and a bit from 1903 to 2100, across leap years and centuries.
  for (std::int64_t s = -2100000000; s < 4103000000; s += 37 * 3600 + 1231) {
    const auto t = static_cast<std::time_t>(s);
    std::tm expected = {};
    gmtime_r(&t, &expected);
    const auto actual = zones.at("UTC", s * 1000);
    if (actual.year != expected.tm_year + 1900 ||
        actual.month != static_cast<unsigned>(expected.tm_mon + 1) ||
        actual.day != static_cast<unsigned>(expected.tm_mday) ||
        actual.hour != static_cast<unsigned>(expected.tm_hour) ||
        actual.weekday != static_cast<unsigned>(expected.tm_wday)) {
      fail_msg("%lld is not %s", static_cast<long long>(s), date(actual).c_str());
    }
  }
}

void more_zones_than_the_cache_holds_are_right(void**) {
  TimeZones zones;
  const std::int64_t s = 1795209299;
  // Etc/GMT+5 is five hours behind; names that are made up share the cache's places with them.
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < 1000; i++) {
      zones.at("Made/Up" + std::to_string(i), s * 1000);
    }
    for (unsigned behind = 1; behind <= 12; behind++) {
      const auto time = zones.at("Etc/GMT+" + std::to_string(behind), s * 1000);
      assert_int_equal(time.hour, (21 + 24 - behind) % 24);
    }
  }
}

void a_date_has_ten_characters(void**) {
  assert_text(date({1970, 1, 1, 0, 4}), "1970-01-01");
  assert_text(date({2026, 12, 31, 23, 4}), "2026-12-31");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(zones_have_their_clocks),
    cmocka_unit_test(offsets_are_ahead_of_utc),
    cmocka_unit_test(clocks_change_at_the_instant),
    cmocka_unit_test(a_zone_that_is_none_is_the_servers),
    cmocka_unit_test(dates_agree_with_the_c_library),
    cmocka_unit_test(more_zones_than_the_cache_holds_are_right),
    cmocka_unit_test(a_date_has_ten_characters),
};
const Suite suite(__FILE__, tests);

}  // namespace
