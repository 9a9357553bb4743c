// What workers share about claims: how often a visitor may still claim.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "nginx/shared/zone.h"
#include "personalize/record/event_budget.h"

namespace personalize {

class SharedClaims final : private SharedZone {
 public:
  // Reserves the memory while the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf);

  // Returns whether the visitor may claim now: twelve times in a row, then once in ten seconds.
  bool admit(std::string_view visitor) noexcept;

 private:
  struct Table {
    std::array<std::uint64_t, 2> seed;
    EventBudget budget;
  };

  bool prepare(bool is_fresh, ngx_shm_zone_t& zone) noexcept override;
};

}  // namespace personalize
