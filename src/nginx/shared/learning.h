// What workers share about learning: what addresses may still teach, and which keys in Redis were
// told lately when they expire.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "nginx/platform/ngx.h"
#include "nginx/shared/zone.h"
#include "personalize/learn/upkeep.h"
#include "personalize/record/event_budget.h"
#include "personalize/record/lesson_budget.h"
#include "personalize/record/once_table.h"

namespace personalize {

enum class LessonKind : std::uint8_t;

class SharedLearning final : private SharedZone, public Upkeep {
 public:
  // Reserves the memory while the configuration is read; nothing else may be called without it.
  // Throws bad_alloc.
  void add_zone(ngx_conf_t* cf);

  // Returns whether the visitor may teach something now: 120 times in a row, then once a second.
  bool admit(std::string_view visitor) noexcept;
  // Returns whether what is news of the item may be learned of somebody from that address.
  bool take(LessonKind kind, std::string_view item, std::string_view address) noexcept;

  // Upkeep: once an hour.
  bool is_due(std::string_view key) noexcept override;
  void forget(std::string_view key) noexcept override;

 private:
  struct Tables {
    std::array<std::uint64_t, 2> seed;
    EventBudget of_visitors;
    LessonBudget of_addresses;
    OnceTable<8192> expiries;
  };

  bool prepare(bool is_fresh, ngx_shm_zone_t& zone) noexcept override;
  Tables& tables() const noexcept { return *static_cast<Tables*>(area()); }
  std::uint64_t hash(std::initializer_list<std::string_view> words) const noexcept;
};

}  // namespace personalize
