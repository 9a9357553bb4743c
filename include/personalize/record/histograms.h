// Histograms of how long something took. To add one, add it here and to the table in
// src/record/histograms.cpp, and observe it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "personalize/record/metrics.h"

namespace personalize {

enum class Histogram : std::uint8_t {
  lookup,    // a document's way from Redis, as the worker sees it
  wait,      // a request that was held
  decision,  // all slots of a page
  count,     // their number
};
constexpr std::size_t histogram_count = static_cast<std::size_t>(Histogram::count);
constexpr std::size_t most_bounds = 12;

// The histograms of one process, as Counters are its counters: zero bytes are a valid value, which
// may be in memory that processes share.
class alignas(64) Histograms {
 public:
  void observe(Histogram which, std::uint64_t nanoseconds) noexcept;

 private:
  friend class HistogramSnapshot;

  static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
                "processes cannot share a lock inside an atomic");
  struct One {
    std::array<std::atomic<std::uint64_t>, most_bounds + 1> counts;  // by bucket, not cumulative
    std::atomic<std::uint64_t> sum_ns;
  };
  std::array<One, histogram_count> all_ = {};
};

// The sum of several Histograms at one time.
class HistogramSnapshot {
 public:
  void add(const Histograms& histograms) noexcept;
  // Writes all of them. Throws what the writer throws.
  void write(MetricsWriter& writer) const;

 private:
  struct One {
    std::array<std::uint64_t, most_bounds + 1> counts;
    std::uint64_t sum_ns;
  };
  std::array<One, histogram_count> all_ = {};
};

}  // namespace personalize
