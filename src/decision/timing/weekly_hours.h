// At which hours of which weekdays a campaign runs.
#pragma once

#include <cstdint>
#include <vector>

#include "decision/timing/schedule.h"
#include "personalize/base/statement.h"

namespace personalize::decision {

// Minutes since midnight, from `from` until before `until`; over midnight if `until` is less.
struct Hours {
  unsigned from = 0;
  unsigned until = 0;
};

struct WeeklyHours {
  std::vector<Hours> hours;   // empty: all
  std::uint8_t weekdays = 0;  // bit 0 is Sunday; none set: all

  bool is_always() const { return hours.empty() && weekdays == 0; }
  // Returns whether they include the time on the visitor's clock. False if that is unknown.
  bool holds(const Clock& clock) const noexcept;
};

// hours 9-18 [20:30-22 …]: by the visitor's clock; 22-6 goes over midnight. Throws ConfigError.
std::vector<Hours> read_hours(const Statement& statement);

// weekdays mon-fri [sun …]: by the visitor's clock. Returns the bits of WeeklyHours. Throws
// ConfigError.
std::uint8_t read_weekdays(const Statement& statement);

}  // namespace personalize::decision
