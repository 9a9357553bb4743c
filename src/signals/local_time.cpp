#include "personalize/signals/local_time.h"

#include <unicode/basictz.h>
#include <unicode/timezone.h>
#include <unicode/tztrans.h>
#include <unicode/ucal.h>

#include <algorithm>
#include <array>
#include <limits>

#include "personalize/base/fnv.h"

namespace personalize {

struct TimeZones::Entry {
  // The longest name in the tz database has 32 characters.
  static constexpr std::size_t max_name = 39;

  std::array<char, max_name> name = {};
  std::uint8_t length = 0;
  std::int32_t offset_ms = 0;  // to be added to UTC
  // The times for which it holds: [from_ms, until_ms).
  std::int64_t from_ms = 0, until_ms = 0;
};

namespace {

constexpr std::size_t entry_count = 256;  // must be a power of two; a shop sees some 50 zones
constexpr std::int64_t day_ms = 86400000;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// Sets the day that is `days` after 1970-01-01 in the proleptic Gregorian calendar. Counts from
// 0000-03-01, so that the leap day is a year's last; 400 years are one cycle of 146097 days.
void set_date(LocalTime& time, std::int64_t days) {
  constexpr std::int64_t days_before_1970 = 719468;
  constexpr std::int64_t days_per_cycle = 146097;
  const std::int64_t shifted = days + days_before_1970;
  const std::int64_t cycle = floor_divide(shifted, days_per_cycle);
  const auto day_of_cycle = static_cast<unsigned>(shifted - cycle * days_per_cycle);
  const unsigned year_of_cycle =
      (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
  const unsigned day_of_year =
      day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
  // From March on, months have 31 30 31 30 31 days, over and over: 153 in five.
  const unsigned month_from_march = (5 * day_of_year + 2) / 153;
  time.day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  time.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  time.year = static_cast<int>(cycle * 400 + year_of_cycle + (time.month <= 2 ? 1 : 0));
}

// Returns ICU's zone of that name; the server's if the name is empty or unknown.
std::unique_ptr<icu::TimeZone> make_zone(std::string_view name) {
  if (!name.empty()) {
    std::unique_ptr<icu::TimeZone> zone(icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(
        icu::StringPiece(name.data(), static_cast<std::int32_t>(name.size())))));
    icu::UnicodeString id;
    if (zone && zone->getID(id) != icu::UnicodeString(UCAL_UNKNOWN_ZONE_ID)) {
      return zone;
    }
  }
  return std::unique_ptr<icu::TimeZone>(icu::TimeZone::detectHostTimeZone());
}

}  // namespace

TimeZones::TimeZones() : entries_(entry_count) {}
TimeZones::~TimeZones() = default;

const TimeZones::Entry& TimeZones::entry(std::string_view name, std::int64_t now_ms) noexcept {
  if (name.size() > Entry::max_name) {
    name = {};
  }
  Entry& entry = entries_[fnv1a_32(name) & (entry_count - 1)];
  if (std::string_view(entry.name.data(), entry.length) == name && entry.from_ms <= now_ms &&
      now_ms < entry.until_ms) {
    return entry;
  }

  std::copy(name.begin(), name.end(), entry.name.begin());
  entry.length = static_cast<std::uint8_t>(name.size());
  entry.offset_ms = 0;
  entry.from_ms = std::numeric_limits<std::int64_t>::min();
  entry.until_ms = std::numeric_limits<std::int64_t>::max();

  const auto zone = make_zone(name);
  if (!zone) {
    return entry;
  }
  std::int32_t standard = 0;
  std::int32_t saving = 0;
  UErrorCode status = U_ZERO_ERROR;
  zone->getOffset(static_cast<UDate>(now_ms), false, standard, saving, status);
  if (U_FAILURE(status)) {
    return entry;
  }
  entry.offset_ms = standard + saving;
  if (const auto* basic = dynamic_cast<const icu::BasicTimeZone*>(zone.get())) {
    icu::TimeZoneTransition change;
    if (basic->getPreviousTransition(static_cast<UDate>(now_ms), true, change)) {
      entry.from_ms = static_cast<std::int64_t>(change.getTime());
    }
    if (basic->getNextTransition(static_cast<UDate>(now_ms), false, change)) {
      entry.until_ms = static_cast<std::int64_t>(change.getTime());
    }
  }
  return entry;
}

LocalTime TimeZones::at(std::string_view zone, std::int64_t now_ms) noexcept {
  const std::int64_t local_ms = now_ms + entry(zone, now_ms).offset_ms;
  const std::int64_t days = floor_divide(local_ms, day_ms);
  LocalTime time = {};
  set_date(time, days);
  time.hour = static_cast<unsigned>((local_ms - days * day_ms) / 3600000);
  time.weekday = static_cast<unsigned>((days + 4) -
                                       floor_divide(days + 4, 7) * 7);  // 1970-01-01 was a Thursday
  return time;
}

std::int32_t TimeZones::offset_s(std::string_view zone, std::int64_t now_ms) noexcept {
  return entry(zone, now_ms).offset_ms / 1000;
}

}  // namespace personalize
