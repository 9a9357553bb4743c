#include "decision/experiments/experiment_program.h"

#include <algorithm>
#include <utility>

namespace personalize::decision {

namespace {

// Empty if nobody is in the experiment, or weights depend on the visitor.
std::vector<VariantShare> shares_of(const Experiment& experiment) {
  std::vector<VariantShare> shares;
  double all = 0;
  for (std::size_t i = 0; i < experiment.variations.size() && !experiment.bandit; ++i) {
    const int buckets = bucket_count(experiment.ranges[i], experiment.hash_version);
    shares.push_back({experiment.variations[i].key, static_cast<double>(buckets)});
    all += buckets;
  }
  if (all == 0) {
    return {};
  }
  std::for_each(shares.begin(), shares.end(), [all](VariantShare& one) { one.share /= all; });
  return shares;
}

bool is_equal(const VariantShare& one, const VariantShare& other) {
  return one.variant == other.variant && one.share == other.share;
}

}  // namespace

void ExperimentProgram::add(const Declaration& declaration, Experiment experiment) {
  const auto index = static_cast<std::uint32_t>(compiled.experiments.size());
  name_of.push_back(static_cast<ExperimentId>(named.size()));
  named.push_back({declaration.name, declaration.where, {index}, {}, {}, experiment.sticky});
  overrides.push_back(false);
  if (experiment.allocated) {
    allocated.push_back(*experiment.allocated);
    allocated.back().id = name_of.back();
  }
  compiled.experiments.push_back(std::move(experiment));
}

bool ExperimentProgram::has_variant(ExperimentId id, std::string_view variant) const {
  for (std::size_t i = 0; i < name_of.size(); ++i) {
    const auto& variations = compiled.experiments[i].variations;
    if (name_of[i] == id && std::any_of(variations.begin(), variations.end(),
                                        [&](const Variation& one) { return one.key == variant; })) {
      return true;
    }
  }
  return false;
}

std::vector<VariantShare> ExperimentProgram::shares(ExperimentId id) const {
  std::vector<VariantShare> shares;
  for (std::size_t i = 0; i < name_of.size(); ++i) {
    if (name_of[i] != id) {
      continue;
    }
    if (compiled.experiments[i].allocated) {
      return {};
    }
    auto mine = shares_of(compiled.experiments[i]);
    if (shares.empty()) {
      shares = std::move(mine);
    } else if (!std::equal(shares.begin(), shares.end(), mine.begin(), mine.end(), is_equal)) {
      return {};
    }
  }
  return shares;
}

}  // namespace personalize::decision
