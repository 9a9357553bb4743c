#include "personalize/claims/claim_keys.h"

#include "personalize/signals/claim_ticket.h"

namespace personalize {

namespace {

// Returns what Redis Cluster hashes of a key: the hash tag, or all of it.
std::string_view tag_of(std::string_view key) noexcept {
  const auto open = key.find('{');
  const auto close = open == std::string_view::npos ? open : key.find('}', open + 1);
  return close == std::string_view::npos || close == open + 1
             ? key
             : key.substr(open + 1, close - open - 1);
}

std::pmr::string joined(std::initializer_list<std::string_view> parts,
                        std::pmr::memory_resource* memory) {
  std::pmr::string key(memory);
  for (const auto part : parts) {
    key += part;
  }
  return key;
}

}  // namespace

bool is_pool_key(std::string_view key) noexcept {
  return !key.empty() && key.size() <= ClaimTicket::max_pool &&
         tag_of(key).find('}') == std::string_view::npos;
}

std::pmr::string code_claim_key(std::string_view pool, std::string_view campaign,
                                std::string_view visitor, std::pmr::memory_resource* memory) {
  return joined({"pz:claim:{", tag_of(pool), "}:", campaign, ":", visitor}, memory);
}

std::pmr::string campaign_claim_key(std::string_view campaign, std::string_view visitor,
                                    std::pmr::memory_resource* memory) {
  return joined({"pz:claim:", campaign, ":", visitor}, memory);
}

std::pmr::string stock_key(std::string_view campaign, std::string_view prize,
                           std::pmr::memory_resource* memory) {
  return joined({"pz:stock:", campaign, ":", prize}, memory);
}

}  // namespace personalize
