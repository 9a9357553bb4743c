#include "personalize/record/redeemed_tickets.h"

#include <algorithm>

namespace personalize {

bool RedeemedTickets::redeem(std::uint64_t nonce, std::int64_t now_s,
                             std::int64_t lifetime_s) noexcept {
  const auto now = static_cast<std::uint32_t>(std::max<std::int64_t>(now_s, 1));
  const auto tag = static_cast<std::uint32_t>(nonce >> 32U);
  auto& set = entries_[nonce % sets];
  const auto known = std::find_if(set.begin(), set.end(), [&](const Entry& entry) {
    return entry.used_s != 0 && entry.tag == tag;
  });
  if (known != set.end() && now < known->used_s + lifetime_s) {
    return false;
  }
  auto& entry = known != set.end()
                    ? *known
                    : *std::min_element(set.begin(), set.end(), [](const Entry& a, const Entry& b) {
                        return a.used_s < b.used_s;
                      });
  entry = {tag, now};
  return true;
}

}  // namespace personalize
