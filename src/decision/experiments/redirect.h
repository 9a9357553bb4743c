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

struct Redirect {
  std::uint32_t experiment;
  std::uint32_t variation;
  std::pmr::string url;
};

// Finds the first redirect test of the list that the visitor is in, and where it leads from the
// page `url`. Nothing if its variation has no address, or one that the test itself is for: that
// would redirect for ever. Throws what `memory` throws.
std::optional<Redirect> find_redirect(const std::vector<std::uint32_t>& list,
                                      const Experiments& experiments,
                                      ExperimentEvaluator& evaluator, std::string_view url,
                                      std::pmr::memory_resource* memory);

}  // namespace personalize::decision
