#include "nginx/shared/claims.h"

#include <new>

#include "base/siphash.h"

namespace personalize {

void SharedClaims::add_zone(ngx_conf_t* cf) {
  if (!reserve(cf, "personalize_claims", zone_size(sizeof(Table)))) {
    throw std::bad_alloc();
  }
}

bool SharedClaims::prepare(bool is_fresh, ngx_shm_zone_t& zone) noexcept {
  if (!is_fresh) {
    return true;
  }
  auto& seed = (new (area()) Table())->seed;
  return fill_random(zone, "personalize_claims", seed.data(), sizeof(seed));
}

bool SharedClaims::admit(std::string_view visitor) noexcept {
  constexpr std::uint32_t cost = EventBudget::burst / 12;
  Table& table = *static_cast<Table*>(area());
  const Lock lock(*this);
  return table.budget.take(siphash(table.seed[0], table.seed[1], visitor), ngx_time(), cost);
}

}  // namespace personalize
