#include "nginx/request/counting/exposures.h"

#include <algorithm>
#include <new>

namespace personalize {

Exposures::Exposures(const Program& program, std::pmr::memory_resource* memory)
    : program_(program), noted_(memory), campaigns_(memory) {}

void Exposures::note(Decision& decision) noexcept {
  try {
    for (auto id = decision.last_used(); id != no_experiment; id = decision.used_before(id)) {
      if (decision.is_exposed(id) && !has(id)) {
        noted_.push_back({id, decision.variant(id).as_string()});
      }
    }
    for (const CampaignId id : program_.campaigns_with_holdout()) {
      if (decision.outcome(id) == CampaignOutcome::held_out) {
        note_campaign(id, false);
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

void Exposures::note_shown(CampaignId campaign) noexcept {
  const auto& all = program_.campaigns_with_holdout();
  if (std::find(all.begin(), all.end(), campaign) == all.end()) {
    return;
  }
  try {
    note_campaign(campaign, true);
  } catch (const std::bad_alloc&) {
    return;
  }
}

void Exposures::note_campaign(CampaignId id, bool is_shown) {
  const bool is_noted =
      std::any_of(campaigns_.begin(), campaigns_.end(),
                  [id](const CampaignExposure& one) { return one.campaign == id; });
  if (!is_noted) {
    campaigns_.push_back({id, is_shown});
  }
}

void Exposures::count_in(LabelledCounters& counters) const noexcept {
  for_each([&](std::string_view experiment, std::string_view variant) {
    counters.add(metrics::exposures, {experiment, variant});
  });
}

}  // namespace personalize
