// Tickets by which the visitor of a page claims what its campaigns give (claim_ticket.h).
#pragma once

#include <memory_resource>
#include <string>
#include <vector>

#include "nginx/request/facts.h"
#include "personalize/claims/draw.h"
#include "personalize/render/content.h"
#include "personalize/signals/claim_ticket.h"

namespace personalize {

// What a preview has in the place of a ticket: nothing is given for it.
constexpr std::string_view preview_claim = "preview";

class ClaimOffers final : public ClaimTickets {
 public:
  // Both must outlive this.
  ClaimOffers(ngx_http_request_t* r, RequestFacts& facts) noexcept : r_(r), facts_(facts) {}

  // Says whose tickets are written.
  void set_campaign(CampaignId campaign) noexcept { campaign_ = campaign; }

  // Returns false if the visitor cannot claim: the id is not signed or has not come back yet, there
  // is no Redis and no endpoint, or nothing is known to be left and the visitor has claimed
  // nothing.
  bool write(const std::pmr::vector<OfferedPrize>& prizes, std::pmr::string& out) override;

  // Returns what can be drawn of a list: prizes that are too long, or name no pool that can be one,
  // cannot. Throws what `memory` throws.
  static std::pmr::vector<WeightedPrize> weigh(const std::pmr::vector<OfferedPrize>& prizes,
                                               std::pmr::memory_resource* memory);

 private:
  bool has_claimed(std::string_view campaign) noexcept;
  // Return false if there is nothing to claim.
  bool add_pool(const CodePool& pool, std::pmr::string& key, ClaimTicket& ticket);
  bool is_left(const ClaimTicket::Prize& prize, std::string_view campaign);
  bool add_prizes(const std::pmr::vector<OfferedPrize>& prizes, ClaimTicket& ticket);

  ngx_http_request_t* r_;
  RequestFacts& facts_;
  CampaignId campaign_ = no_campaign;
};

}  // namespace personalize
