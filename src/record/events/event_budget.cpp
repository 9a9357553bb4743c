#include "personalize/record/event_budget.h"

#include <algorithm>

namespace personalize {

bool EventBudget::take(std::uint64_t visitor, std::int64_t now_s, std::uint32_t events,
                       const Limits& limits) noexcept {
  const std::uint32_t now = Table::used_at(now_s);
  Entry* entry = table_.find(visitor);
  if (entry == nullptr) {
    entry = &table_.place(visitor);
    *entry = {Table::tag_of(visitor), now, limits.burst};
  } else if (now > entry->used_s) {
    const std::uint32_t gained = std::min(now - entry->used_s, limits.burst) * limits.per_second;
    entry->left = std::min(entry->left + gained, limits.burst);
    entry->used_s = now;
  }
  if (entry->left < events) {
    return false;
  }
  entry->left -= events;
  return true;
}

}  // namespace personalize
