#include "personalize/claims/claim.h"

#include "claims/code_claim.h"
#include "claims/prize_claim.h"

namespace personalize {

std::unique_ptr<Claim> Claim::make(const ClaimTicket& ticket, std::string_view visitor,
                                   std::pmr::memory_resource* memory) {
  if (ticket.pool.empty()) {
    return std::make_unique<PrizeClaim>(ticket, visitor, memory);
  }
  return std::make_unique<CodeClaim>(ticket.pool, ticket.campaign, visitor, ticket.keep_s, memory);
}

void Claim::fail(const RedisReply* reply) {
  if (reply != nullptr && error_.empty()) {
    error_ =
        reply->kind == RedisReply::Kind::error ? reply->text : std::string_view("unexpected reply");
  }
  end(Outcome::failed);
}

}  // namespace personalize
