#include "personalize/decision.h"

#include <algorithm>

#include "decision/compiled.h"
#include "decision/evaluator.h"

namespace personalize {

namespace {

constexpr std::uint8_t unasked = 0;
constexpr std::uint8_t outside = 1;
constexpr std::uint8_t inside = 2;
constexpr CampaignId undecided = no_campaign - 1;

// Lets conditions ask the decision for the segments that they name.
class Membership final : public decision::Decided {
 public:
  explicit Membership(Decision& decision) : decision_(decision) {}
  bool segment(std::uint32_t id) noexcept override { return decision_.segment(id); }
  Value experiment(std::uint32_t) noexcept override { return {}; }
  Value feature(std::uint32_t) noexcept override { return {}; }

 private:
  Decision& decision_;
};

}  // namespace

Decision::Decision(const Program& program, Facts& facts, std::pmr::memory_resource* memory)
    : program_(program),
      facts_(facts),
      segments_(program.segment_count(), unasked, memory),
      winners_(program.slots().size(), undecided, memory),
      skipped_(program.campaign_count(), 0, memory) {}

bool Decision::segment(SegmentId id) noexcept {
  if (id >= segments_.size()) {
    return false;
  }
  if (segments_[id] == unasked) {
    segments_[id] = holds(program_.compiled().segments[id].root) ? inside : outside;
  }
  return segments_[id] == inside;
}

CampaignId Decision::winner(SlotId slot) noexcept {
  if (slot >= winners_.size()) {
    return no_campaign;
  }
  if (winners_[slot] == undecided) {
    const auto& compiled = program_.compiled();
    const auto& candidates = compiled.slots[slot].campaigns;
    const auto found = std::find_if(candidates.begin(), candidates.end(), [&](CampaignId id) {
      return skipped_[id] == 0 && holds(compiled.campaigns[id].root);
    });
    winners_[slot] = found == candidates.end() ? no_campaign : *found;
  }
  return winners_[slot];
}

void Decision::skip(CampaignId id) noexcept {
  if (id >= skipped_.size()) {
    return;
  }
  skipped_[id] = 1;
  CampaignId& winner = winners_[program_.compiled().campaigns[id].slot];
  winner = winner == id ? undecided : winner;
}

void Decision::reset() noexcept {
  std::fill(segments_.begin(), segments_.end(), unasked);
  std::fill(winners_.begin(), winners_.end(), undecided);
  std::fill(skipped_.begin(), skipped_.end(), 0);
}

bool Decision::holds(std::uint32_t root) noexcept {
  Membership membership(*this);
  return decision::Evaluator(program_.compiled().conditions, facts_, membership,
                             segments_.get_allocator().resource())
      .holds(root);
}

}  // namespace personalize
