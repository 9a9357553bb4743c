// Points in time as people and data pipelines write them.
#pragma once

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

}  // namespace personalize
