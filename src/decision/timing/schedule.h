// From when and until when a campaign or an experiment runs.
#pragma once

#include <optional>

#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"

namespace personalize::decision {

// The time, in seconds. NaN if it is unknown.
struct Clock {
  double now;     // since 1970, UTC
  double offset;  // of the visitor's clock from UTC
};

// The attributes that a Clock is read from; interned only if something depends on the time.
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

  // Returns whether it is `from` or later, and earlier than `until`. False if the time is unknown
  // and the schedule is not empty.
  bool holds(const Clock& clock) const noexcept;
};

// schedule [from=DATE] [until=DATE]: ISO 8601 as base/numbers/date.h reads it. A date with a zone
// (Z, +01:00) is one moment for everybody, one without is read on each visitor's clock. A date
// without a time is its midnight. Throws ConfigError.
Schedule read_schedule(const Statement& statement);

}  // namespace personalize::decision
