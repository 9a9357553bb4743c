// The switches of pz:switches, in shared memory: a worker that starts while Redis is unreachable
// takes them from there.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "nginx/platform/ngx.h"
#include "nginx/shared/zone.h"
#include "personalize/decision/switches.h"

namespace personalize {

class SharedSwitches {
 public:
  // Reserves the memory while the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf) { zone_.add_zone(cf, "personalize_switches"); }

  // Returns whether pz:switches has been read since NGINX was started.
  bool are_known() const noexcept { return zone_->known.load(std::memory_order_relaxed); }
  void set_known() noexcept { zone_->known.store(true, std::memory_order_relaxed); }

  // Takes a name as in "campaign:welcome". `unset` if the switch is not set.
  Switch get(std::string_view name) const noexcept;
  // Does nothing if there is no room for another switch.
  void set(std::string_view name, Switch value) noexcept;

 private:
  // The hash of a name, with the switch in its two lowest bits; 0 is free. Never freed: names come
  // from configurations.
  using Cell = std::atomic<std::uint64_t>;
  static_assert(Cell::is_always_lock_free, "processes cannot share a lock inside an atomic");

  struct Table {
    std::atomic<bool> known;
    std::array<Cell, 4096> cells;
  };

  Cell* find(std::uint64_t hash, bool may_take) const noexcept;

  Shared<Table> zone_;
};

}  // namespace personalize
