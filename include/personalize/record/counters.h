// Counters of what the module did and why.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "personalize/record/metrics.h"

namespace personalize {

enum class Doubt : std::uint8_t;
enum class Lookup : std::uint8_t;

enum class Counter : std::uint8_t {
#define FAMILY(name, label, unit, help)
#define COUNTER(enumerator, value) enumerator,
#include "personalize/record/counters.def"
#undef FAMILY
#undef COUNTER
  count,  // their number
};
constexpr std::size_t counter_count = static_cast<std::size_t>(Counter::count);

// Returns the counter of a look-up's outcome; nullopt while there is none.
std::optional<Counter> counter_of(Lookup outcome) noexcept;
// Returns the counter of a doubt of the scanner; nullopt for Doubt::none.
std::optional<Counter> counter_of(Doubt doubt) noexcept;

// The counters of one process. Zero bytes are a valid value, which may be in memory that processes
// share. Workers have one each, so that they do not contend for a cache line; readers add them up.
class alignas(64) Counters {
 public:
  void add(Counter counter, std::uint64_t n = 1) noexcept {
    values_[static_cast<std::size_t>(counter)].fetch_add(n, std::memory_order_relaxed);
  }
  std::uint64_t get(Counter counter) const noexcept {
    return values_[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
  }

 private:
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
                "processes cannot share a lock inside an atomic");
  std::array<std::atomic<std::uint64_t>, counter_count> values_ = {};
};

// The sum of several Counters at one time.
class CounterSnapshot {
 public:
  void add(const Counters& counters) noexcept;
  std::uint64_t operator[](Counter counter) const noexcept {
    return values_[static_cast<std::size_t>(counter)];
  }

  // Writes all families. Throws what the writer throws.
  void write(MetricsWriter& writer) const;

 private:
  std::array<std::uint64_t, counter_count> values_ = {};
};

}  // namespace personalize
