// Counters with labels that are known only when the configuration is read, in shared memory.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "nginx/platform/ngx.h"
#include "nginx/shared/zone.h"
#include "personalize/record/metrics.h"

namespace personalize {

// Keeps the metrics of metrics::labelled_counters. The counts outlast reloads; those whose labels
// the configuration no longer has are kept but not shown.
class LabelledCounters {
 public:
  // Declares a counter, which is shown from then on, while the configuration is read. Does nothing
  // if it has been declared. Throws bad_alloc.
  void declare(const Metric& metric, const Metric::Labels& labels);
  // Reserves the memory while the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf) { zone_.add_zone(cf, "personalize_labelled_counters"); }

  // Counts. Does nothing if there is no room for another counter.
  void add(const Metric& metric, const Metric::Labels& labels, std::uint64_t n = 1) noexcept;

  // Writes the declared counters. Throws what the writer throws.
  void write(MetricsWriter& writer) const;

 private:
  struct Series {
    const Metric* metric;
    std::array<std::string, Metric::most_labels> labels;

    Metric::Labels views() const noexcept;
  };

  // Found by a hash of metric and labels; 0 is free. Never freed: labels come from configurations.
  struct Cell {
    std::atomic<std::uint64_t> hash;
    std::atomic<std::uint64_t> value;
  };
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
                "processes cannot share a lock inside an atomic");

  struct Table {
    std::array<Cell, 4096> cells;
  };

  Cell* find(std::uint64_t hash, bool may_take) const noexcept;

  std::vector<Series> declared_;
  Shared<Table> zone_;
};

}  // namespace personalize
