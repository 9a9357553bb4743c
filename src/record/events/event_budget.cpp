#include "personalize/record/event_budget.h"

#include <algorithm>

namespace personalize {

bool EventBudget::take(std::uint64_t visitor, std::int64_t now_s, std::uint32_t events) noexcept {
  const auto now = static_cast<std::uint32_t>(std::max<std::int64_t>(now_s, 1));
  const auto tag = static_cast<std::uint32_t>(visitor >> 32U);
  auto& set = entries_[visitor % sets];
  auto entry = std::find_if(set.begin(), set.end(),
                            [&](const Entry& one) { return one.used_s != 0 && one.tag == tag; });
  if (entry == set.end()) {
    entry = std::min_element(set.begin(), set.end(),
                             [](const Entry& a, const Entry& b) { return a.used_s < b.used_s; });
    *entry = {tag, now, burst};
  } else if (now > entry->used_s) {
    const std::uint32_t gained = std::min(now - entry->used_s, burst) * per_second;
    entry->left = std::min(entry->left + gained, burst);
    entry->used_s = now;
  }
  if (entry->left < events) {
    return false;
  }
  entry->left -= events;
  return true;
}

}  // namespace personalize
