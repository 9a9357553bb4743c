#include "personalize/claims/claim.h"

#include "claims/campaign_claim.h"

namespace personalize {

std::unique_ptr<Claim> Claim::make(const ClaimTicket& ticket, std::string_view visitor,
                                   std::pmr::memory_resource* memory) {
  return std::make_unique<CampaignClaim>(ticket, visitor, memory);
}

void Claim::fail(const RedisReply* reply) {
  if (reply != nullptr && error_.empty()) {
    error_ =
        reply->kind == RedisReply::Kind::error ? reply->text : std::string_view("unexpected reply");
  }
  end(Outcome::failed);
}

}  // namespace personalize
