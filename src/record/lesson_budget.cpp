#include "personalize/record/lesson_budget.h"

#include <algorithm>

namespace personalize {

bool LessonBudget::take(std::uint64_t address_item, std::uint64_t address, std::uint32_t cost,
                        std::int64_t now_s) noexcept {
  return take_of_item(address_item, cost, now_s) && take_of_address(address, cost, now_s);
}

bool LessonBudget::take_of_item(std::uint64_t address_item, std::uint32_t cost,
                                std::int64_t now_s) noexcept {
  constexpr std::int64_t day_s = 86400;
  using Table = decltype(items_);
  const std::uint32_t now = Table::used_at(now_s);
  OfItem* known = items_.find(address_item);
  if (known == nullptr || now >= known->begun_s + day_s) {
    items_.place(address_item) = {Table::tag_of(address_item), now, now, cost};
    return cost <= of_item;
  }
  known->used_s = now;
  if (known->taken + cost > of_item) {
    return false;
  }
  known->taken += cost;
  return true;
}

bool LessonBudget::take_of_address(std::uint64_t address, std::uint32_t cost,
                                   std::int64_t now_s) noexcept {
  using Table = decltype(addresses_);
  const std::uint32_t now = Table::used_at(now_s);
  OfAddress* known = addresses_.find(address);
  if (known == nullptr) {
    known = &addresses_.place(address);
    *known = {Table::tag_of(address), now, burst};
  }
  const std::uint64_t passed = now > known->used_s ? now - known->used_s : 0;
  known->left =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(burst, known->left + passed * per_second));
  known->used_s = std::max(now, known->used_s);
  if (known->left < cost) {
    return false;
  }
  known->left -= cost;
  return true;
}

}  // namespace personalize
