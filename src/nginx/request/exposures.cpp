#include "nginx/request/exposures.h"

namespace personalize {

Exposures::Exposures(const Program& program, std::pmr::memory_resource* memory)
    : program_(program), variants_(program.experiment_count(), memory) {}

void Exposures::note(Decision& decision) noexcept {
  for (ExperimentId id = 0; id < variants_.size(); ++id) {
    if (variants_[id].empty() && decision.is_exposed(id)) {
      variants_[id] = decision.variant(id).as_string();
      any_ = true;
    }
  }
}

void Exposures::count_in(LabelledCounters& counters) const noexcept {
  for_each([&](std::string_view experiment, std::string_view variant) {
    counters.add(metrics::exposures, {experiment, variant});
  });
}

}  // namespace personalize
