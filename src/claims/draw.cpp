#include "personalize/claims/draw.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/siphash.h"
#include "base/text/ascii.h"

namespace personalize {

namespace {

struct Drawn {
  double rank;
  const WeightedPrize* prize;
};

double rank_of(const WeightedPrize& prize, std::string_view campaign, std::string_view visitor,
               std::pmr::string& text) {
  text.assign(campaign);
  text += '\n';
  text += visitor;
  text += '\n';
  text += prize.name();
  constexpr double steps = 9007199254740992.0;  // 2^53
  const double u = (static_cast<double>(siphash(0, 0, text) >> 11U) + 0.5) / steps;
  return -std::log(u) / prize.weight;
}

bool is_unlimited(const ClaimTicket::Prize& prize) noexcept {
  return !prize.stock && pool_of(prize).empty();
}

}  // namespace

std::string_view pool_of(const ClaimTicket::Prize& prize) noexcept {
  constexpr std::string_view pool = "pool=";
  return ascii::starts_with(prize.code, pool) ? prize.code.substr(pool.size()) : std::string_view();
}

std::pmr::vector<ClaimTicket::Prize> draw(const std::pmr::vector<WeightedPrize>& prizes,
                                          std::string_view campaign, std::string_view visitor,
                                          std::pmr::memory_resource* memory) {
  std::pmr::vector<Drawn> drawn(memory);
  std::pmr::string text(memory);
  for (const auto& prize : prizes) {
    const bool is_known = std::any_of(drawn.begin(), drawn.end(), [&](const Drawn& other) {
      return other.prize->name() == prize.name();
    });
    if (prize.weight > 0 && !is_known) {
      drawn.push_back({rank_of(prize, campaign, visitor, text), &prize});
    }
  }
  std::sort(drawn.begin(), drawn.end(), [](const Drawn& a, const Drawn& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.prize < b.prize;
  });
  std::pmr::vector<ClaimTicket::Prize> order(memory);
  for (const auto& one : drawn) {
    order.push_back(one.prize->prize);
    if (is_unlimited(order.back())) {
      break;
    }
  }
  return order;
}

}  // namespace personalize
