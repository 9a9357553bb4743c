// How many visitors each variant of an experiment has, in shared memory.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "nginx/platform/ngx.h"
#include "nginx/shared/zone.h"
#include "personalize/record/experiment_weights.h"
#include "personalize/record/metrics.h"

namespace personalize {

// Counts visitors by windows of time that follow each other, each visitor once in a window: their
// page views belong together, and visitors who return on many days would too. An experiment whose
// weights change begins anew.
class ExperimentVisitors {
 public:
  // Reserves the memory while the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf) { zone_.add_zone(cf, "personalize_experiment_visitors"); }

  // Counts a visitor whom the caller has not counted within the last `window_s`. Does nothing for
  // an experiment without weights, or if there is no room for another variant.
  void add(const ExperimentWeights& weights, std::string_view experiment, std::string_view variant,
           std::int64_t now_s, std::int64_t window_s) noexcept;

  // Writes metrics::experiment_visitors and experiment_sample_ratio_p: of the last whole window or
  // the one that runs, whichever has more visitors. Without samples if `window_s` is 0: nobody is
  // counted. Throws what the writer throws.
  void write(const ExperimentWeights& weights, std::int64_t now_s, std::int64_t window_s,
             MetricsWriter& writer) const;

 private:
  // Found by a hash; 0 is free. Never freed: names come from configurations.
  struct Cell {
    std::uint64_t hash;
    std::int64_t window;  // the number of the one that runs
    std::uint64_t now;    // visitors in it
    std::uint64_t before;
  };

  struct Table {
    std::array<Cell, 4096> cells;
  };

  struct Counts {
    std::uint64_t now = 0;
    std::uint64_t before = 0;
  };

  Cell* find(std::uint64_t hash, bool may_take) const noexcept;
  Counts counts(const ExperimentWeights::Experiment& experiment, std::size_t variant,
                std::int64_t window) const noexcept;

  Shared<Table> zone_;
};

}  // namespace personalize
