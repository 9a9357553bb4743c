#include "report/analysis/calendar.h"

#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/numbers/units.h"

namespace personalize::report {

namespace {

constexpr std::int64_t second = 1000;
constexpr std::int64_t hour = 3600 * second;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t most_steps = 60;

std::tm local(std::int64_t time) {
  const auto seconds = static_cast<std::time_t>(time / second);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return parts;
}

std::int64_t instant(std::tm parts) {
  parts.tm_isdst = -1;
  return static_cast<std::int64_t>(std::mktime(&parts)) * second;
}

// Returns the first midnight after `time`, and `days` - 1 days more.
std::int64_t midnight_after(std::int64_t time, int days) {
  std::tm parts = local(time);
  parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
  parts.tm_mday += days;
  return instant(parts);
}

std::string formatted(std::int64_t time, const char* format) {
  const std::tm parts = local(time);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

}  // namespace

bool set_timezone(const std::string& name) {
  struct stat status {};
  const bool is_known =
      name == "UTC" ||
      (name.find("..") == std::string::npos && !name.empty() &&
       stat(("/usr/share/zoneinfo/" + name).c_str(), &status) == 0 && S_ISREG(status.st_mode));
  if (is_known) {
    setenv("TZ", name.c_str(), 1);
    tzset();
  }
  return is_known;
}

std::vector<std::int64_t> steps(std::int64_t begin, std::int64_t end) {
  std::vector<std::int64_t> ends;
  const std::int64_t length = end - begin;
  if (length < 2 * day) {
    for (std::int64_t at = begin / hour * hour + hour; ends.empty() || ends.back() <= end;
         at += hour) {
      ends.push_back(at);
    }
    return ends;
  }
  const auto days =
      static_cast<int>(length / day < most_steps ? 1 : 7 * (length / day / (7 * most_steps) + 1));
  for (std::int64_t at = midnight_after(begin, days); ends.empty() || ends.back() <= end;
       at = midnight_after(at, days)) {
    ends.push_back(at);
  }
  return ends;
}

std::string date_text(std::int64_t time) {
  return formatted(time, "%Y-%m-%d");
}

std::string time_text(std::int64_t time) {
  return formatted(time, "%Y-%m-%d %H:%M");
}

std::optional<std::int64_t> read_time(std::string_view text, std::int64_t now) {
  if (const auto ago = parse_duration(text)) {
    return now - static_cast<std::int64_t>(*ago * 1000);
  }
  const std::string copy(text);
  for (const char* format :
       {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"}) {
    std::tm parts{};
    const char* end = strptime(copy.c_str(), format, &parts);
    if (end == nullptr || (*end != '\0' && std::string_view(end) != "Z")) {
      continue;
    }
    // strptime() takes the 31st of February; what comes back is another day.
    const int day_of_month = parts.tm_mday;
    const std::int64_t time =
        *end == 'Z' ? static_cast<std::int64_t>(timegm(&parts)) * second : instant(parts);
    if (*end != 'Z') {
      parts = local(time);
    }
    return parts.tm_mday == day_of_month ? std::optional(time) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace personalize::report
