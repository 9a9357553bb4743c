#include "personalize/record/histograms.h"

#include <algorithm>

namespace personalize {

namespace {

struct Family {
  Metric metric;
  std::array<std::uint32_t, most_bounds> bounds_us;  // ascending; 0 after the last

  constexpr std::size_t bound_count() const noexcept {
    std::size_t count = 0;
    while (count < most_bounds && bounds_us[count] != 0) {
      ++count;
    }
    return count;
  }
};

constexpr Metric histogram(std::string_view name, std::string_view help) {
  return {name, help, {}, Metric::Kind::histogram};
}

// By Histogram. Bounds are where these times are expected: a Redis in the same data center answers
// within a millisecond, and nobody should wait for longer than personalize_wait, which is some tens
// of milliseconds.
constexpr Family families[] = {
    {histogram("lookup_seconds",
               "Time from asking Redis for a document until its answer is read, or given up."),
     {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000}},
    {histogram("wait_seconds", "Time for which requests that had to wait for documents were held."),
     {1000, 2000, 5000, 10000, 20000, 30000, 50000, 100000, 200000, 500000, 1000000, 5000000}},
    {histogram("decision_seconds",
               "Time in which all slots of a page were decided and rendered, of one page in 16."),
     {2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 20000}},
};
static_assert(std::size(families) == histogram_count);

}  // namespace

void Histograms::observe(Histogram which, std::uint64_t nanoseconds) noexcept {
  const Family& family = families[static_cast<std::size_t>(which)];
  const auto* begin = family.bounds_us.data();
  const auto* end = begin + family.bound_count();
  // A duration that is equal to a bound is in its bucket.
  const auto* bucket = std::find_if(begin, end, [nanoseconds](std::uint32_t bound_us) {
    return nanoseconds <= std::uint64_t{bound_us} * 1000;
  });
  One& one = all_[static_cast<std::size_t>(which)];
  one.counts[static_cast<std::size_t>(bucket - begin)].fetch_add(1, std::memory_order_relaxed);
  one.sum_ns.fetch_add(nanoseconds, std::memory_order_relaxed);
}

void HistogramSnapshot::add(const Histograms& histograms) noexcept {
  for (std::size_t i = 0; i < histogram_count; ++i) {
    for (std::size_t bucket = 0; bucket <= most_bounds; ++bucket) {
      all_[i].counts[bucket] += histograms.all_[i].counts[bucket].load(std::memory_order_relaxed);
    }
    all_[i].sum_ns += histograms.all_[i].sum_ns.load(std::memory_order_relaxed);
  }
}

void HistogramSnapshot::write(MetricsWriter& writer) const {
  for (std::size_t i = 0; i < histogram_count; ++i) {
    const Family& family = families[i];
    writer.begin(family.metric);
    writer.add_histogram(
        {family.bounds_us.data(), all_[i].counts.data(), family.bound_count(), all_[i].sum_ns});
  }
}

}  // namespace personalize
