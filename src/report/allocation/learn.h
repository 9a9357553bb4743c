// New shares for an experiment, from the events so far.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/allocation/declared.h"
#include "report/allocation/top_two.h"
#include "report/analysis/store.h"

namespace personalize::report {

// A metric as `allocate bandit` names it.
struct AllocationMetric {
  std::string name;       // of conversions
  bool is_value = false;  // METRIC.value: what visitors spend; else the share who convert
};
AllocationMetric read_metric(std::string_view text);

struct Learned {
  std::vector<std::uint64_t> visitors;        // by DeclaredExperiment::variants
  std::optional<std::vector<double>> shares;  // absent if too little is known
};

// Works them out; `store` is finished. `seed` is that of the draws. Visitors who have seen several
// variants do not count, nor do values in other currencies than the most frequent.
Learned learn(const DeclaredExperiment& experiment, EventStore& store, const Settings& settings,
              std::uint64_t seed);

}  // namespace personalize::report
