#include "nginx/shared/counters/experiment_visitors.h"

#include <vector>

#include "personalize/base/fnv.h"
#include "personalize/record/sample_ratio.h"

namespace personalize {

namespace {

constexpr std::size_t longest_probe = 64;

// Never 0. With its weights, an experiment is another one.
std::uint64_t hash_of(const ExperimentWeights::Experiment& experiment, std::string_view variant) {
  std::uint64_t hash = fnv1a(experiment.name);
  for (const auto& one : experiment.variants) {
    hash = fnv1a(one.name, fnv1a({"\0", 1}, hash));
    hash = fnv1a({reinterpret_cast<const char*>(&one.share), sizeof(one.share)}, hash);
  }
  hash = fnv1a(variant, fnv1a({"\0\0", 2}, hash));
  return hash == 0 ? 1 : hash;
}

}  // namespace

ExperimentVisitors::Cell* ExperimentVisitors::find(std::uint64_t hash,
                                                   bool may_take) const noexcept {
  auto& cells = zone_->cells;
  for (std::size_t i = 0; i < longest_probe; ++i) {
    Cell& cell = cells[(hash + i) % cells.size()];
    if (cell.hash == 0 && may_take) {
      cell.hash = hash;
    }
    if (cell.hash == hash) {
      return &cell;
    }
    if (cell.hash == 0) {
      return nullptr;
    }
  }
  return nullptr;
}

void ExperimentVisitors::add(const ExperimentWeights& weights, std::string_view experiment,
                             std::string_view variant, std::int64_t now_s,
                             std::int64_t window_s) noexcept {
  const auto* known = weights.find(experiment);
  if (known == nullptr) {
    return;
  }
  const std::int64_t window = now_s / window_s;
  const std::uint64_t hash = hash_of(*known, variant);
  const SharedZone::Lock lock(zone_);
  Cell* cell = find(hash, true);
  if (cell == nullptr) {
    return;
  }
  if (cell->window != window) {
    cell->before = cell->window == window - 1 ? cell->now : 0;
    cell->now = 0;
    cell->window = window;
  }
  ++cell->now;
}

ExperimentVisitors::Counts ExperimentVisitors::counts(
    const ExperimentWeights::Experiment& experiment, std::size_t variant,
    std::int64_t window) const noexcept {
  const std::uint64_t hash = hash_of(experiment, experiment.variants[variant].name);
  const SharedZone::Lock lock(zone_);
  const Cell* cell = find(hash, false);
  if (cell == nullptr) {
    return {};
  }
  if (cell->window == window) {
    return {cell->now, cell->before};
  }
  return {0, cell->window == window - 1 ? cell->now : 0};
}

void ExperimentVisitors::write(const ExperimentWeights& weights, std::int64_t now_s,
                               std::int64_t window_s, MetricsWriter& writer) const {
  struct Check {
    const ExperimentWeights::Experiment* experiment;
    double p;
  };
  std::vector<Check> checks;
  std::vector<VariantCount> now;
  std::vector<VariantCount> before;
  writer.begin(metrics::experiment_visitors);
  for (const auto& experiment : weights.all()) {
    if (experiment.variants.empty() || window_s == 0) {
      continue;
    }
    now.clear();
    before.clear();
    std::uint64_t all_now = 0;
    std::uint64_t all_before = 0;
    for (std::size_t i = 0; i < experiment.variants.size(); ++i) {
      const Counts counted = counts(experiment, i, now_s / window_s);
      now.push_back({experiment.variants[i].share, counted.now});
      before.push_back({experiment.variants[i].share, counted.before});
      all_now += counted.now;
      all_before += counted.before;
    }
    // What still grows is looked at again and again.
    const bool is_whole = all_before >= all_now;
    const auto& shown = is_whole ? before : now;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      writer.add({experiment.name, experiment.variants[i].name}, shown[i].visitors);
    }
    checks.push_back({&experiment, is_whole
                                       ? sample_ratio_p(shown.data(), shown.size())
                                       : sequential_sample_ratio_p(shown.data(), shown.size())});
  }
  writer.begin(metrics::experiment_sample_ratio_p);
  for (const Check& check : checks) {
    writer.add({check.experiment->name}, static_cast<std::uint64_t>(check.p * 1e6));
  }
}

}  // namespace personalize
