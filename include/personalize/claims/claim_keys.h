// Where Redis keeps what was claimed.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize {

// Returns whether a pool can have that key: at most ClaimTicket::max_pool bytes, and braces only as
// a hash tag, since the claims of a pool are where the pool is.
bool is_pool_key(std::string_view key) noexcept;

// Return the keys, all but the last of lists:
//   pz:claim:CAMPAIGN:VISITOR          what a visitor has of a campaign, as JSON
//   pz:claim:{POOL}:CAMPAIGN:VISITOR   the codes that were taken of a pool for it; POOL is the
//                                      pool's key, or its hash tag
//   pz:stock:CAMPAIGN:PRIZE            how many of a prize are claimed
// Throw what `memory` throws.
std::pmr::string code_claim_key(std::string_view pool, std::string_view campaign,
                                std::string_view visitor, std::pmr::memory_resource* memory);
std::pmr::string campaign_claim_key(std::string_view campaign, std::string_view visitor,
                                    std::pmr::memory_resource* memory);
std::pmr::string stock_key(std::string_view campaign, std::string_view prize,
                           std::pmr::memory_resource* memory);

}  // namespace personalize
