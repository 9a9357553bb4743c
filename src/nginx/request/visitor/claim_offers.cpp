#include "nginx/request/visitor/claim_offers.h"

#include <algorithm>

#include "nginx/request/visitor/ticket_keys.h"
#include "nginx/worker.h"
#include "personalize/claims/claim_keys.h"

namespace personalize {

bool ClaimOffers::write(const std::pmr::vector<OfferedPrize>& prizes, std::pmr::string& out) {
  if (facts_.forcing() != nullptr) {
    out += preview_claim;
    return true;
  }
  Identity& identity = facts_.identity();
  const Visitor& visitor = identity.owner();
  if (!visitor.is_known() || !visitor.verified || identity.is_bot() || worker().redis == nullptr ||
      facts_.server().endpoint.empty()) {
    return false;
  }
  const Site& site = facts_.site();
  ClaimTicket ticket(facts_.memory());
  ticket.campaign = site.program->campaign_name(campaign_);
  ticket.issued_s = facts_.request().now_ms() / 1000;
  std::pmr::string key(facts_.memory());
  const auto& pool = site.pools[campaign_];
  if (pool ? !add_pool(*pool, key, ticket) : !add_prizes(prizes, ticket)) {
    return false;
  }
  identity.note_use();
  const TicketHolder holder = {facts_.request().host(), visitor.id};
  const TicketKey& sealing = *ticket_keys(r_, facts_.server()).begin();
  if (!seal_claim(ticket, holder, sealing, out)) {
    return false;
  }
  append_claim_mark(ticket, holder, sealing, out);
  return true;
}

// By the cookie, in which the script has noted it.
bool ClaimOffers::has_claimed(std::string_view campaign) noexcept {
  const CampaignHistory* history = facts_.state().find(campaign_key(campaign));
  return history != nullptr && history->claimed != 0;
}

bool ClaimOffers::add_pool(const CodePool& pool, std::pmr::string& key, ClaimTicket& ticket) {
  if (!pool.key.expand(facts_, key) || !is_pool_key(key) ||
      (worker().pools.is_empty(key) && !has_claimed(ticket.campaign))) {
    return false;
  }
  ticket.pool = key;
  ticket.keep_s = pool.keep_s;
  return true;
}

std::pmr::vector<WeightedPrize> ClaimOffers::weigh(const std::pmr::vector<OfferedPrize>& prizes,
                                                   std::pmr::memory_resource* memory) {
  std::pmr::vector<WeightedPrize> weighted(memory);
  for (const auto& prize : prizes) {
    const bool fits =
        prize.code.size() <= ClaimTicket::max_code && prize.text.size() <= ClaimTicket::max_text;
    const WeightedPrize one{{prize.code, prize.text, prize.stock}, prize.weight};
    const auto pool = pool_of(one.prize);
    if (fits && (pool.empty() || is_pool_key(pool))) {
      weighted.push_back(one);
    }
  }
  return weighted;
}

bool ClaimOffers::add_prizes(const std::pmr::vector<OfferedPrize>& prizes, ClaimTicket& ticket) {
  ticket.prizes = draw(weigh(prizes, facts_.memory()), ticket.campaign,
                       facts_.identity().owner().id, facts_.memory());
  const bool has_any =
      std::any_of(ticket.prizes.begin(), ticket.prizes.end(),
                  [&](const ClaimTicket::Prize& prize) { return is_left(prize, ticket.campaign); });
  return has_any || (!ticket.prizes.empty() && has_claimed(ticket.campaign));
}

// Returns false if it is known that nothing is left of the prize.
bool ClaimOffers::is_left(const ClaimTicket::Prize& prize, std::string_view campaign) {
  const RedisPools& known = worker().pools;
  const auto pool = pool_of(prize);
  if (!pool.empty() && known.is_empty(pool)) {
    return false;
  }
  const auto name = prize.code.empty() ? prize.text : prize.code;
  return !prize.stock ||
         !known.is_used_up(stock_key(campaign, name, facts_.memory()), *prize.stock);
}

}  // namespace personalize
