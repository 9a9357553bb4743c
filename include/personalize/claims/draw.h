// Which prize a visitor gets: drawn by a hash of the campaign, the visitor and the prize, so that
// the same visitor always draws the same, wherever and whenever that is asked, and nobody has to
// remember it.
//
// Each prize has a number u in (0, 1): its hash h, SipHash-2-4 with a key of zeros over
// "CAMPAIGN\nVISITOR\nNAME", gives ((h >> 11) + 0.5) / 2^53. Prizes are ordered by -ln(u) / weight
// (Efraimidis and Spirakis, 2006). So each prize comes first with the probability
// weight / sum of all weights; and if it is gone, the next one is drawn by the odds among those
// that are left. Prizes that are added or removed change nothing of how the others stand to each
// other.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/signals/claim_ticket.h"

namespace personalize {

struct WeightedPrize {
  ClaimTicket::Prize prize;
  double weight = 1;  // 0: nobody draws it

  // What tells it from other prizes of the campaign: its code, or its text if it has none.
  std::string_view name() const noexcept { return prize.code.empty() ? prize.text : prize.code; }
};

// Returns the order of the prizes for this visitor. What comes after a prize of which there is
// always one is left out, and so is a prize that was named before. Throws what `memory` throws.
std::pmr::vector<ClaimTicket::Prize> draw(const std::pmr::vector<WeightedPrize>& prizes,
                                          std::string_view campaign, std::string_view visitor,
                                          std::pmr::memory_resource* memory);

// Returns the pool that a prize takes its code of; "" if it has a code of its own, or none.
std::string_view pool_of(const ClaimTicket::Prize& prize) noexcept;

}  // namespace personalize
