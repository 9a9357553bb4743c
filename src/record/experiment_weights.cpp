#include "personalize/record/experiment_weights.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace personalize {

namespace {

bool is_equal(const ExperimentWeights::Variant& one, const ExperimentWeights::Variant& other) {
  return one.name == other.name && one.share == other.share;
}

}  // namespace

void ExperimentWeights::add(std::string_view experiment, std::vector<Variant> variants) {
  const auto known = std::find_if(all_.begin(), all_.end(),
                                  [&](const Experiment& one) { return one.name == experiment; });
  if (known == all_.end()) {
    all_.push_back({std::string(experiment), std::move(variants)});
  } else if (!std::equal(known->variants.begin(), known->variants.end(), variants.begin(),
                         variants.end(), is_equal)) {
    known->variants.clear();
  }
}

const ExperimentWeights::Experiment* ExperimentWeights::find(
    std::string_view experiment) const noexcept {
  const auto found = std::find_if(all_.begin(), all_.end(),
                                  [&](const Experiment& one) { return one.name == experiment; });
  return found == all_.end() || found->variants.empty() ? nullptr : &*found;
}

void ExperimentWeights::write(MetricsWriter& writer) const {
  writer.begin(metrics::experiment_weight);
  for (const Experiment& experiment : all_) {
    for (const Variant& variant : experiment.variants) {
      writer.add({experiment.name, variant.name},
                 static_cast<std::uint64_t>(std::llround(variant.share * 1e6)));
    }
  }
}

}  // namespace personalize
