#include "base/numbers/date.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "base/numbers/number.h"
#include "base/text/ascii.h"

namespace personalize {

namespace {

constexpr double first_milliseconds = 1e11;

std::optional<double> epoch_seconds(double number) {
  if (!std::isfinite(number)) {
    return std::nullopt;
  }
  return std::fabs(number) >= first_milliseconds ? number / 1000 : number;
}

// Takes exactly `count` digits from the front of `rest`.
std::optional<int> take_digits(std::string_view& rest, std::size_t count) {
  if (rest.size() < count) {
    return std::nullopt;
  }
  int number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!ascii::is_digit(rest[i])) {
      return std::nullopt;
    }
    number = number * 10 + (rest[i] - '0');
  }
  rest.remove_prefix(count);
  return number;
}

bool take(std::string_view& rest, char c) {
  if (rest.empty() || rest.front() != c) {
    return false;
  }
  rest.remove_prefix(1);
  return true;
}

bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in_month(int year, int month) {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

// Returns the days from 1970-01-01 in the Gregorian calendar. Howard Hinnant's days_from_civil
// (https://howardhinnant.github.io/date_algorithms.html), which counts in eras of 400 years that
// begin in March.
std::int64_t days_since_epoch(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

// Reads "Z", "+01:00", "+0100", "+01" or "" as seconds east of Greenwich.
std::optional<int> read_zone(std::string_view rest) {
  if (rest.empty() || rest == "Z" || rest == "z") {
    return 0;
  }
  const bool west = rest.front() == '-';
  if (!west && rest.front() != '+') {
    return std::nullopt;
  }
  rest.remove_prefix(1);
  const auto hours = take_digits(rest, 2);
  take(rest, ':');
  const auto minutes = rest.empty() ? std::optional<int>(0) : take_digits(rest, 2);
  if (!hours || !minutes || !rest.empty() || *hours > 23 || *minutes > 59) {
    return std::nullopt;
  }
  const int seconds = (*hours * 60 + *minutes) * 60;
  return west ? -seconds : seconds;
}

// Reads HH:MM[:SS[.fraction]][zone] as seconds since midnight UTC.
std::optional<double> read_time(std::string_view rest) {
  const auto hour = take_digits(rest, 2);
  if (!hour || !take(rest, ':')) {
    return std::nullopt;
  }
  const auto minute = take_digits(rest, 2);
  if (!minute || *hour > 24 || *minute > 59) {
    return std::nullopt;
  }

  double second = 0;
  if (take(rest, ':')) {
    const auto whole = take_digits(rest, 2);
    if (!whole || *whole > 60) {
      return std::nullopt;
    }
    second = *whole;
    if (take(rest, '.')) {
      double unit = 1;
      std::size_t digits = 0;
      for (; digits < rest.size() && ascii::is_digit(rest[digits]); ++digits) {
        unit /= 10;
        second += unit * (rest[digits] - '0');
      }
      if (digits == 0) {
        return std::nullopt;
      }
      rest.remove_prefix(digits);
    }
  }

  const auto zone = read_zone(rest);
  if (!zone) {
    return std::nullopt;
  }
  return *hour * 3600 + *minute * 60 + second - *zone;
}

std::optional<double> read_iso_date(std::string_view rest) {
  const auto year = take_digits(rest, 4);
  if (!year || !take(rest, '-')) {
    return std::nullopt;
  }
  const auto month = take_digits(rest, 2);
  if (!month || *month < 1 || *month > 12 || !take(rest, '-')) {
    return std::nullopt;
  }
  const auto day = take_digits(rest, 2);
  if (!day || *day < 1 || *day > days_in_month(*year, *month)) {
    return std::nullopt;
  }

  const auto midnight = static_cast<double>(days_since_epoch(*year, *month, *day) * 86400);
  if (rest.empty()) {
    return midnight;
  }
  if (!take(rest, 'T') && !take(rest, 't') && !take(rest, ' ')) {
    return std::nullopt;
  }
  const auto time = read_time(rest);
  return time ? std::optional<double>(midnight + *time) : std::nullopt;
}

}  // namespace

// Howard Hinnant's civil_from_days.
CivilDay civil_day(std::int64_t days) noexcept {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;  // months since March
  const auto month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)), month,
          static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

namespace {

constexpr double seconds_per_day = 86400;
constexpr std::size_t date_length = 10;  // of 2026-11-20

// Returns the day of a date as it is written, whatever its zone; of numbers, the day in UTC.
std::optional<CivilDay> read_day(const Value& value) {
  constexpr int leap_year = 2000;
  if (value.kind() == Kind::string) {
    auto text = value.as_string();
    if (text.size() == 7 && text.substr(0, 2) == "--") {
      text.remove_prefix(2);
    }
    if (text.size() == 5 && text[2] == '-') {
      const auto month = take_digits(text, 2);
      take(text, '-');
      const auto day = take_digits(text, 2);
      const bool is_day = month && day && *month >= 1 && *month <= 12 && *day >= 1 &&
                          *day <= days_in_month(leap_year, *month);
      return is_day ? std::optional(CivilDay{leap_year, *month, *day}) : std::nullopt;
    }
    if (text.size() > 4 && text[4] == '-' && !read_iso_date(text)) {
      return std::nullopt;
    }
    if (text.size() > 4 && text[4] == '-') {
      const auto year = take_digits(text, 4);
      take(text, '-');
      const auto month = take_digits(text, 2);
      take(text, '-');
      const auto day = take_digits(text, 2);
      return CivilDay{*year, *month, *day};
    }
  }
  const auto seconds = read_instant(value);
  constexpr double farthest = 1e14;
  if (!seconds || std::fabs(*seconds) > farthest) {
    return std::nullopt;
  }
  return civil_day(static_cast<std::int64_t>(std::floor(*seconds / seconds_per_day)));
}

}  // namespace

std::optional<TimeSpan> read_span(const Value& value, double offset_s) noexcept {
  const auto instant = read_instant(value);
  if (!instant) {
    return std::nullopt;
  }
  const bool is_day = value.kind() == Kind::string && value.as_string().size() == date_length &&
                      value.as_string()[4] == '-';
  return is_day ? TimeSpan{*instant - offset_s, *instant - offset_s + seconds_per_day}
                : TimeSpan{*instant, *instant};
}

std::optional<int> days_to_anniversary(const Value& value, double now_s) noexcept {
  const auto date = read_day(value);
  constexpr double farthest = 1e14;
  if (!date || !(std::fabs(now_s) < farthest)) {
    return std::nullopt;
  }
  const auto today = static_cast<std::int64_t>(std::floor(now_s / seconds_per_day));
  const int year = civil_day(today).year;
  std::int64_t nearest = 366;
  for (const int candidate : {year - 1, year, year + 1}) {
    const int day = std::min(date->day, days_in_month(candidate, date->month));
    const auto anniversary = days_since_epoch(candidate, date->month, day);
    nearest = std::min(nearest, std::abs(anniversary - today));
  }
  return static_cast<int>(nearest);
}

std::optional<double> read_instant(const Value& value) noexcept {
  if (value.kind() == Kind::number) {
    return epoch_seconds(value.as_number());
  }
  if (value.kind() != Kind::string) {
    return std::nullopt;
  }
  const auto text = value.as_string();
  if (text.size() > 4 && text[4] == '-') {
    return read_iso_date(text);
  }
  const auto number = read_decimal(text);
  return number ? epoch_seconds(*number) : std::nullopt;
}

}  // namespace personalize
