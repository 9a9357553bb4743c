// Days in a time zone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace personalize::report {

// Sets the zone of all functions below, which is UTC before. False if the system knows none of that
// name.
bool set_timezone(const std::string& name);

// Returns where the steps of a series end that covers [begin, end]: ends of hours, days or weeks,
// so that there are at most about sixty; the last is behind `end`.
std::vector<std::int64_t> steps(std::int64_t begin, std::int64_t end);

// "2026-11-29" and "2026-11-29 14:05".
std::string date_text(std::int64_t time);
std::string time_text(std::int64_t time);

// Reads "2026-11-29", "2026-11-29 14:05", "2026-11-29T14:05:30", all in the zone or followed by Z,
// or "14d": so long before `now`. Nothing if it is none of these.
std::optional<std::int64_t> read_time(std::string_view text, std::int64_t now);

}  // namespace personalize::report
