// Points in time as people and data pipelines write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "personalize/base/value.h"

namespace personalize {

// Reads a point in time as seconds since 1970 UTC:
//   numbers, also as text: epoch seconds, or epoch milliseconds from 100,000,000,000 on (which as
//   seconds would be in the year 5138);
//   ISO 8601: 2026-11-20, 2026-11-20T08:30, 2026-11-20 08:30:15.250Z, …+01:00, …+0100.
// A date without a zone is in UTC, so that the answer does not depend on the server's zone.
std::optional<double> read_instant(const Value& value) noexcept;

// A day of the Gregorian calendar; month and day from 1.
struct CivilDay {
  int year;
  int month;
  int day;
};

// Returns the day that is so many days after 1970-01-01.
CivilDay civil_day(std::int64_t days) noexcept;

// The time that a value names, in seconds since 1970 UTC: a whole day, or a point in time, which
// begins and ends at once.
struct TimeSpan {
  double begin;
  double end;
};

// Reads what read_instant() reads. A date without a time is the whole day, on clocks that are
// `offset_s` seconds ahead of UTC.
std::optional<TimeSpan> read_span(const Value& value, double offset_s) noexcept;

// Returns how many days `now_s`, on a clock that shows local time as if it was UTC, is away from
// the nearest anniversary of a date, before or after; nothing if the value is no date. A date is
// what read_instant() reads, whose day is taken as it is written, or a day without a year ("12-24",
// "--12-24"). On February 29 fall anniversaries in leap years alone; in others they are on the
// 28th.
std::optional<int> days_to_anniversary(const Value& value, double now_s) noexcept;

}  // namespace personalize
