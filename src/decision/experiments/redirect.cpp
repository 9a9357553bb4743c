#include "decision/experiments/redirect.h"

#include <algorithm>

namespace personalize::decision {

namespace {

// Returns whether all addresses are valid; GrowthBook's SDK skips an experiment otherwise.
bool are_addresses(const Experiment& experiment, std::pmr::memory_resource* memory) {
  return std::all_of(
      experiment.variations.begin(), experiment.variations.end(), [&](const Variation& variation) {
        return variation.redirect.empty() || parse_url(variation.redirect, "", memory).has_value();
      });
}

// Returns where the variation leads from the page `url`; "" if it stays.
std::pmr::string address_of(const Experiment& experiment, const Variation& variation,
                            std::string_view url, RegexBudget& regex_budget,
                            std::pmr::memory_resource* memory) {
  std::pmr::string to(variation.redirect, memory);
  if (to.empty()) {
    return to;
  }
  if (experiment.keeps_arguments) {
    to = merge_arguments(url, variation.redirect, memory);
  }
  const auto target = parse_url(to, "_", memory);
  if (is_targeted(target ? &*target : nullptr, *experiment.url_targets, regex_budget)) {
    to.clear();
  }
  return to;
}

}  // namespace

bool is_redirect_test(const Experiment& experiment) {
  return experiment.url_targets && !experiment.is_manual &&
         std::any_of(experiment.variations.begin(), experiment.variations.end(),
                     [](const Variation& variation) { return !variation.redirect.empty(); });
}

std::optional<Redirect> find_redirect(const std::vector<std::uint32_t>& list,
                                      const Experiments& experiments,
                                      ExperimentEvaluator& evaluator, std::string_view url,
                                      std::pmr::memory_resource* memory) {
  for (const std::uint32_t index : list) {
    const Experiment& experiment = experiments.experiments[index];
    if (!is_redirect_test(experiment) || !are_addresses(experiment, memory)) {
      continue;
    }
    const Assignment assignment = evaluator.run(index);
    if (!assignment.in_experiment) {
      continue;
    }
    return Redirect{index, assignment.variation,
                    address_of(experiment, experiment.variations[assignment.variation], url,
                               evaluator.regex_budget(), memory)};
  }
  return std::nullopt;
}

}  // namespace personalize::decision
