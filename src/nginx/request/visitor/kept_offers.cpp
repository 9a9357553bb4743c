#include "nginx/request/visitor/kept_offers.h"

#include <algorithm>

#include "base/text/copy.h"
#include "base/values/kept_offer.h"

namespace personalize {

OfferFacts::OfferFacts(RequestFacts& facts, CampaignId campaign) noexcept
    : facts_(facts), kept_(facts.site().kept_attributes[campaign]) {
  if (!kept_.empty()) {
    values_ = facts.decision().kept_offer(campaign).find("v");
  }
}

Value OfferFacts::get(AttributeId id) noexcept {
  const bool is_kept =
      values_.kind() == Kind::object && std::find(kept_.begin(), kept_.end(), id) != kept_.end();
  if (is_kept) {
    const Value value = values_.find(facts_.site().attributes[id].spelling);
    if (!value.is_missing()) {
      return value;
    }
  }
  return facts_.get(id);
}

std::string_view new_offer(RequestFacts& facts, CampaignId campaign,
                           std::pmr::memory_resource* memory) {
  const Site& site = facts.site();
  Decision& decision = facts.decision();
  std::pmr::string per(memory);
  const bool is_new = site.program->keeps_offers(campaign) &&
                      decision.kept_offer(campaign).is_missing() &&
                      decision.kept_for(campaign, per);
  if (!is_new) {
    return {};
  }
  std::pmr::vector<KeptValue> values(memory);
  for (const AttributeId id : site.kept_attributes[campaign]) {
    values.emplace_back(site.attributes[id].spelling, facts.get(id));
  }
  std::pmr::string offer(memory);
  append_kept_offer(site.program->campaign_name(campaign), per, facts.request().now_ms() / 1000,
                    values, offer);
  return copy_text(offer, memory);
}

}  // namespace personalize
