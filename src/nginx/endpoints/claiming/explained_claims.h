// What personalize_explain says of campaigns that give codes or prizes: the odds, what this visitor
// draws, and where Redis keeps what was claimed.
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

#include "nginx/request/visitor/claim_offers.h"

namespace personalize {

class ExplainedClaims final : public ClaimTickets {
 public:
  // All must outlive this; an entry for each campaign is added to `out`, an array.
  ExplainedClaims(ngx_http_request_t* r, RequestFacts& facts, Json::Value& out)
      : facts_(facts), offers_(r, facts), out_(out) {}

  void set_campaign(CampaignId campaign) noexcept {
    campaign_ = campaign;
    offers_.set_campaign(campaign);
  }

  bool write(const std::pmr::vector<OfferedPrize>& prizes, std::pmr::string& out) override;

 private:
  void add_pool(const CodePool& pool, std::string_view visitor, Json::Value& entry);
  void add_prizes(const std::pmr::vector<OfferedPrize>& prizes, std::string_view visitor,
                  Json::Value& entry);
  std::string_view campaign_name() const noexcept {
    return facts_.site().program->campaign_name(campaign_);
  }

  RequestFacts& facts_;
  ClaimOffers offers_;
  Json::Value& out_;
  std::vector<CampaignId> seen_;
  CampaignId campaign_ = no_campaign;
};

}  // namespace personalize
