// What pz:switches last said, in memory that all workers share and that outlasts reloads: a worker
// that begins while Redis is out of reach knows it from there.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "nginx/ngx.h"
#include "nginx/shared/block.h"
#include "personalize/decision/switches.h"

namespace personalize {

class SharedSwitches {
 public:
  // Reserves the memory, when the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf);

  // Whether pz:switches was heard of since NGINX was started.
  bool are_known() const noexcept { return table().known.load(std::memory_order_relaxed); }
  void set_known() noexcept { table().known.store(true, std::memory_order_relaxed); }

  // By name, as in "campaign:welcome". `unset` where nobody has set it.
  Switch get(std::string_view name) const noexcept;
  // Where there is no room left, it is forgotten.
  void set(std::string_view name, Switch value) noexcept;

 private:
  // The hash of a name, with the switch in its two lowest bits; 0 is free. Never freed: names come
  // from configurations, of which there are few.
  using Cell = std::atomic<std::uint64_t>;
  static_assert(Cell::is_always_lock_free, "processes cannot share a lock inside an atomic");

  struct Table {
    std::atomic<bool> known;
    Cell cells[4096];
  };

  Table& table() const noexcept { return *static_cast<Table*>(block_.memory()); }
  Cell* find(std::uint64_t hash, bool may_take) const noexcept;

  SharedBlock block_;
};

}  // namespace personalize
