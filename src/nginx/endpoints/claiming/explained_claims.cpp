#include "nginx/endpoints/claiming/explained_claims.h"

#include <algorithm>
#include <numeric>

#include "personalize/claims/claim_keys.h"
#include "personalize/claims/draw.h"

namespace personalize {

bool ExplainedClaims::write(const std::pmr::vector<OfferedPrize>& prizes, std::pmr::string& out) {
  const bool is_offered = offers_.write(prizes, out);
  if (std::find(seen_.begin(), seen_.end(), campaign_) != seen_.end()) {
    return is_offered;
  }
  seen_.push_back(campaign_);
  Json::Value entry(Json::objectValue);
  entry["campaign"] = std::string(campaign_name());
  entry["offered"] = is_offered;
  const std::string_view visitor = facts_.identity().owner().id;
  const auto& pool = facts_.site().pools[campaign_];
  if (pool) {
    add_pool(*pool, visitor, entry);
  } else {
    add_prizes(prizes, visitor, entry);
  }
  out_.append(std::move(entry));
  return is_offered;
}

void ExplainedClaims::add_pool(const CodePool& pool, std::string_view visitor, Json::Value& entry) {
  std::pmr::string key(facts_.memory());
  if (!pool.key.expand(facts_, key)) {
    return;
  }
  entry["pool"] = std::string(key);
  if (!visitor.empty()) {
    entry["key"] = std::string(campaign_claim_key(campaign_name(), visitor, facts_.memory()));
    entry["taken_at"] = std::string(code_claim_key(key, campaign_name(), visitor, facts_.memory()));
  }
}

void ExplainedClaims::add_prizes(const std::pmr::vector<OfferedPrize>& prizes,
                                 std::string_view visitor, Json::Value& entry) {
  const auto weighted = ClaimOffers::weigh(prizes, facts_.memory());
  const double sum = std::accumulate(
      weighted.begin(), weighted.end(), 0.0,
      [](double sum_so_far, const WeightedPrize& prize) { return sum_so_far + prize.weight; });
  Json::Value& list = entry["prizes"] = Json::Value(Json::arrayValue);
  for (const auto& prize : weighted) {
    Json::Value one(Json::objectValue);
    one["prize"] = std::string(prize.name());
    one["text"] = std::string(prize.prize.text);
    one["odds"] = sum > 0 ? prize.weight / sum : 0;
    if (prize.prize.stock) {
      one["stock"] = *prize.prize.stock;
      one["counted_at"] = std::string(stock_key(campaign_name(), prize.name(), facts_.memory()));
    }
    list.append(std::move(one));
  }
  if (visitor.empty()) {
    return;
  }
  entry["key"] = std::string(campaign_claim_key(campaign_name(), visitor, facts_.memory()));
  Json::Value& drawn = entry["draw"] = Json::Value(Json::arrayValue);
  for (const auto& prize : draw(weighted, campaign_name(), visitor, facts_.memory())) {
    drawn.append(std::string(prize.code.empty() ? prize.text : prize.code));
  }
}

}  // namespace personalize
