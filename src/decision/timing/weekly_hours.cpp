#include "decision/timing/weekly_hours.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/numbers/number.h"
#include "base/text/text.h"
#include "personalize/attributes/field.h"

namespace personalize::decision {

namespace {

constexpr unsigned day_minutes = 24 * 60;

// Splits `A-B` into A and B; `A` alone is both.
std::pair<std::string_view, std::string_view> split_range(std::string_view text) {
  const auto dash = text.find('-');
  return dash == std::string_view::npos ? std::pair(text, text)
                                        : std::pair(text.substr(0, dash), text.substr(dash + 1));
}

// Reads 9, 09 or 9:30 as minutes since midnight.
std::optional<unsigned> read_time_of_day(std::string_view text) {
  const auto colon = std::min(text.find(':'), text.size());
  const auto hour = read_integer<unsigned>(text.substr(0, colon));
  std::optional<unsigned> minute = 0;
  if (colon < text.size()) {
    constexpr std::size_t digits = 2;
    minute = text.size() - colon - 1 == digits ? read_integer<unsigned>(text.substr(colon + 1))
                                               : std::nullopt;
  }
  if (!hour || !minute || *hour > 24 || *minute > 59 || *hour * 60 + *minute > day_minutes) {
    return std::nullopt;
  }
  return *hour * 60 + *minute;
}

std::optional<unsigned> read_weekday(std::string_view text) {
  for (unsigned day = 0; day < 7; ++day) {
    if (text == weekday_words[day] || text == weekday_words[day].substr(0, 3)) {
      return day;
    }
  }
  return std::nullopt;
}

}  // namespace

bool WeeklyHours::holds(const Clock& clock) const noexcept {
  if (is_always()) {
    return true;
  }
  const double local = std::floor((clock.now + clock.offset) / 60);
  constexpr double farthest = 1e12;
  if (!(std::fabs(local) < farthest)) {
    return false;  // also NaN: the time is unknown
  }
  const auto minutes = static_cast<std::int64_t>(local);
  const auto day = static_cast<std::int64_t>(std::floor(local / day_minutes));
  const auto minute = static_cast<unsigned>(minutes - day * day_minutes);
  // 1970-01-01 was a Thursday.
  const auto weekday = static_cast<unsigned>(((day + 4) % 7 + 7) % 7);
  if (weekdays != 0 && (weekdays >> weekday & 1U) == 0) {
    return false;
  }
  return hours.empty() || std::any_of(hours.begin(), hours.end(), [&](const Hours& range) {
           return range.from < range.until ? minute >= range.from && minute < range.until
                                           : minute >= range.from || minute < range.until;
         });
}

std::vector<Hours> read_hours(const Statement& statement) {
  std::vector<Hours> hours;
  for (std::size_t i = 1; i < statement.words.size(); ++i) {
    const auto [first, last] = split_range(statement.words[i]);
    const auto from = read_time_of_day(first);
    const auto until = read_time_of_day(last);
    if (!from || !until || *from == *until || *from == day_minutes) {
      throw ConfigError(statement.where, "invalid hours " + quoted(statement.words[i]) +
                                             ": write for example \"hours 9-18\", from 9:00 until "
                                             "before 18:00, or \"hours 22-6\" over midnight");
    }
    hours.push_back({*from, *until});
  }
  if (hours.empty()) {
    throw ConfigError(statement.where, "\"hours\" is empty: write for example \"hours 9-18\"");
  }
  return hours;
}

std::uint8_t read_weekdays(const Statement& statement) {
  unsigned days = 0;
  for (std::size_t i = 1; i < statement.words.size(); ++i) {
    const auto [first, last] = split_range(statement.words[i]);
    const auto from = read_weekday(first);
    const auto until = read_weekday(last);
    if (!from || !until) {
      throw ConfigError(statement.where,
                        "invalid weekday " + quoted(statement.words[i]) +
                            ": write for example \"weekdays mon-fri\" or \"weekdays "
                            "sat sun\"");
    }
    for (unsigned day = *from;; day = (day + 1) % 7) {
      days |= 1U << day;
      if (day == *until) {
        break;
      }
    }
  }
  if (days == 0) {
    throw ConfigError(statement.where,
                      "\"weekdays\" is empty: write for example \"weekdays mon-fri\"");
  }
  return static_cast<std::uint8_t>(days);
}

}  // namespace personalize::decision
