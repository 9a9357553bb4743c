#include "personalize/record/lesson_budget.h"

#include <algorithm>

namespace personalize {

namespace {

constexpr std::int64_t day_s = 86400;

}  // namespace

bool LessonBudget::take(std::uint64_t visitor_item, std::uint64_t address_item,
                        std::uint64_t address, std::int64_t now_s) noexcept {
  if (known_.has(visitor_item, now_s, day_s)) {
    return true;
  }
  const bool is_taken = take_of_item(address_item, now_s) && take_of_address(address, now_s);
  if (is_taken) {
    known_.note(visitor_item, now_s, day_s);
  }
  return is_taken;
}

bool LessonBudget::take_of_item(std::uint64_t address_item, std::int64_t now_s) noexcept {
  using Table = decltype(items_);
  const std::uint32_t now = Table::used_at(now_s);
  OfItem* known = items_.find(address_item);
  if (known == nullptr || now >= known->begun_s + day_s) {
    items_.place(address_item) = {Table::tag_of(address_item), now, now, 1};
    return true;
  }
  known->used_s = now;
  if (known->count >= of_item) {
    return false;
  }
  ++known->count;
  return true;
}

bool LessonBudget::take_of_address(std::uint64_t address, std::int64_t now_s) noexcept {
  using Table = decltype(addresses_);
  const std::uint32_t now = Table::used_at(now_s);
  OfAddress* known = addresses_.find(address);
  if (known == nullptr) {
    addresses_.place(address) = {Table::tag_of(address), now, burst - 1};
    return true;
  }
  const std::uint32_t passed = now > known->used_s ? now - known->used_s : 0;
  known->left = std::min<std::uint64_t>(burst, std::uint64_t{known->left} + passed);
  known->used_s = std::max(now, known->used_s);
  if (known->left == 0) {
    return false;
  }
  --known->left;
  return true;
}

}  // namespace personalize
