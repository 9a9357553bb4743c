// The time of day where the visitor is.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace personalize {

struct LocalTime {
  int year;             // of the Gregorian calendar
  unsigned month, day;  // from 1
  unsigned hour;        // 0 to 23
  unsigned weekday;     // 0 is Sunday
};

// Offsets of time zones. ICU is asked once for each zone and each period between two changes of its
// clocks; after that an answer takes nanoseconds. Each worker has one, for a single thread.
class TimeZones {
 public:
  TimeZones();
  ~TimeZones();
  TimeZones(const TimeZones&) = delete;
  TimeZones& operator=(const TimeZones&) = delete;

  // Returns the local time. `zone` is a name of the tz database ("Europe/Warsaw"); the server's own
  // zone is taken if it is empty or unknown. `now_ms` is in milliseconds since 1970 UTC.
  LocalTime at(std::string_view zone, std::int64_t now_ms) noexcept;
  // Returns by how many seconds the clocks of that zone are ahead of UTC.
  std::int32_t offset_s(std::string_view zone, std::int64_t now_ms) noexcept;

 private:
  struct Entry;
  const Entry& entry(std::string_view zone, std::int64_t now_ms) noexcept;

  std::vector<Entry> entries_;  // a direct-mapped cache by the hash of the name
};

}  // namespace personalize
