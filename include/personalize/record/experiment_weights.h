// The shares of visitors that the variants of experiments should have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "personalize/record/metrics.h"

namespace personalize {

// Filled when the configuration is read, then only read.
class ExperimentWeights {
 public:
  struct Variant {
    std::string name;
    double share;  // of 1
  };

  struct Experiment {
    std::string name;
    std::vector<Variant> variants;  // empty if they have no weights, or several
  };

  // Adds an experiment; without variants if its weights are not known. One that several servers
  // declare with different weights is left out: what is counted of them together has no such
  // shares.
  void add(std::string_view experiment, std::vector<Variant> variants);

  // Returns the experiment of that name; nullptr if it has no weights.
  const Experiment* find(std::string_view experiment) const noexcept;
  const std::vector<Experiment>& all() const noexcept { return all_; }

  // Writes metrics::experiment_weight. Throws what the writer throws.
  void write(MetricsWriter& writer) const;

 private:
  std::vector<Experiment> all_;
};

}  // namespace personalize
