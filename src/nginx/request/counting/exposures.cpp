#include "nginx/request/counting/exposures.h"

#include <algorithm>
#include <new>

namespace personalize {

Exposures::Exposures(const Program& program, std::pmr::memory_resource* memory)
    : program_(program), noted_(memory) {}

void Exposures::note(Decision& decision) noexcept {
  try {
    for (auto id = decision.last_used(); id != no_experiment; id = decision.used_before(id)) {
      if (decision.is_exposed(id) && !has(id)) {
        noted_.push_back({id, decision.variant(id).as_string()});
      }
    }
  } catch (const std::bad_alloc&) {
    return;
  }
}

bool Exposures::has(ExperimentId id) const noexcept {
  return std::any_of(noted_.begin(), noted_.end(),
                     [id](const Exposure& exposure) { return exposure.experiment == id; });
}

void Exposures::count_in(LabelledCounters& counters) const noexcept {
  for_each([&](std::string_view experiment, std::string_view variant) {
    counters.add(metrics::exposures, {experiment, variant});
  });
}

}  // namespace personalize
