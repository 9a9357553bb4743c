// What a visitor was offered, as it was then.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "nginx/request/facts.h"

namespace personalize {

// The facts by which a campaign is rendered: of an offer that keeps its values, those of the time
// at which the visitor first saw it.
class OfferFacts final : public Facts {
 public:
  // `facts` must outlive this.
  OfferFacts(RequestFacts& facts, CampaignId campaign) noexcept;

  Value get(AttributeId id) noexcept override;

 private:
  RequestFacts& facts_;
  const std::vector<AttributeId>& kept_;
  Value values_;  // by the spelling of the attributes
};

// Returns the campaign's offer as it is to be kept (base/values/kept_offer.h); "" if it is kept
// already, nothing of it is kept, or it is not known what for. Lives in `memory`, whose exceptions
// pass.
std::string_view new_offer(RequestFacts& facts, CampaignId campaign,
                           std::pmr::memory_resource* memory);

}  // namespace personalize
