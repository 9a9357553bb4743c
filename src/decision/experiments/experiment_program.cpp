#include "decision/experiments/experiment_program.h"

#include <algorithm>
#include <utility>

namespace personalize::decision {

void ExperimentProgram::add(const Declaration& declaration, Experiment experiment) {
  const auto index = static_cast<std::uint32_t>(compiled.experiments.size());
  name_of.push_back(static_cast<ExperimentId>(named.size()));
  named.push_back({declaration.name, declaration.where, {index}, {}, {}, experiment.sticky});
  overrides.push_back(false);
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

}  // namespace personalize::decision
