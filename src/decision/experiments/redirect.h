// Redirect tests: experiments whose variations are addresses (split-URL tests).
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decision/experiments/experiment_evaluator.h"

namespace personalize::decision {

// Returns whether the experiment is a redirect test that runs by itself.
bool is_redirect_test(const Experiment& experiment);

struct Redirect {
  std::uint32_t experiment;
  std::uint32_t variation;
  std::pmr::string url;  // "" to stay
};

// Finds the first redirect test of the list that the visitor is in, and where it leads from the
// page `url`. The visitor stays if the variation has no address, as the control of most tests, or
// one that the test itself is for: that would redirect for ever. Either way the variation is what
// the visitor sees, as in GrowthBook's SDK. Throws what `memory` throws.
std::optional<Redirect> find_redirect(const std::vector<std::uint32_t>& list,
                                      const Experiments& experiments,
                                      ExperimentEvaluator& evaluator, std::string_view url,
                                      std::pmr::memory_resource* memory);

}  // namespace personalize::decision
