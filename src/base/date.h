// Points in time and durations as people and pipelines write them.
#pragma once

#include <optional>
#include <string_view>

#include "personalize/base/value.h"

namespace personalize::decision {

// Seconds since 1970. Read are
//   numbers, also as text: epoch seconds, or milliseconds from 100,000,000,000 on (as seconds that
//   would be the year 5138);
//   ISO 8601: 2026-11-20, 2026-11-20T08:30, 2026-11-20 08:30:15.250Z, …+01:00, …+0100.
// Without a zone it is UTC, so that the answer does not depend on the server's.
std::optional<double> read_instant(const Value& value) noexcept;

// Seconds: "45s", "30m", "12h", "180d", "2w", also joined as in "1d12h".
std::optional<double> read_duration(std::string_view text) noexcept;

}  // namespace personalize::decision
