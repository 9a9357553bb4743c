// From when until when a campaign or an experiment runs.
#pragma once

#include <optional>

#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"

namespace personalize::decision {

// What the clocks say, in seconds: since 1970 UTC, and by how much the visitor's clock is ahead of
// UTC. NaN where it is not known.
struct Clock {
  double now;
  double offset;
};

// The facts that a Clock is made of; interned where something depends on the time.
struct ClockAttributes {
  AttributeId now = 0;
  AttributeId offset = 0;

  static ClockAttributes intern(AttributeTable& attributes, const Where& where);
  Clock read(Facts& facts) const noexcept;
};

// A point in time: the same everywhere, or on each visitor's own clock.
struct Moment {
  double seconds = 0;  // since 1970, UTC or the visitor's
  bool is_local = false;
};

struct Schedule {
  std::optional<Moment> from;
  std::optional<Moment> until;

  // Whether it is `from` or later and not yet `until`. Does not hold where the time is not known.
  bool holds(const Clock& clock) const noexcept;
};

// schedule [from=DATE] [until=DATE]: ISO 8601 as date.h reads it. With a zone (Z, +01:00) it is one
// moment for everybody; without, it is the visitor's clock that counts. A date alone is its first
// moment. Throws ConfigError.
Schedule read_schedule(const Statement& statement);

// "5%", "12.5%" as a share from 0 to 1; nothing for what is no percentage from 0 to 100.
std::optional<double> read_percent(std::string_view text);

}  // namespace personalize::decision
