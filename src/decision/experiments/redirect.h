// Redirects to other addresses as variations of experiments (split-URL tests).
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

// Where the first experiment of the list that is one of redirects, and in which the visitor is,
// leads from the page `url`. Nothing where it leads nowhere, or to a page that it is for itself.
// Throws what `memory` throws.
std::optional<Redirect> find_redirect(const std::vector<std::uint32_t>& list,
                                      const Experiments& experiments,
                                      ExperimentEvaluator& evaluator, std::string_view url,
                                      std::pmr::memory_resource* memory);

}  // namespace personalize::decision
