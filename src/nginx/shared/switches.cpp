#include "nginx/shared/switches.h"

#include "personalize/base/fnv.h"

namespace personalize {

namespace {

constexpr std::uint64_t switch_bits = 3;

std::uint64_t hash_of(std::string_view name) noexcept {
  return fnv1a(name) | (switch_bits + 1);
}

}  // namespace

SharedSwitches::Cell* SharedSwitches::find(std::uint64_t hash, bool may_take) const noexcept {
  auto& cells = zone_->cells;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    Cell& cell = cells[(hash / (switch_bits + 1) + i) % cells.size()];
    std::uint64_t value = cell.load(std::memory_order_relaxed);
    if (value == 0) {
      if (!may_take) {
        return nullptr;
      }
      cell.compare_exchange_strong(value, hash & ~switch_bits, std::memory_order_relaxed);
      value = cell.load(std::memory_order_relaxed);
    }
    if ((value & ~switch_bits) == (hash & ~switch_bits)) {
      return &cell;
    }
  }
  return nullptr;
}

Switch SharedSwitches::get(std::string_view name) const noexcept {
  const Cell* cell = find(hash_of(name), false);
  return cell == nullptr ? Switch::unset
                         : static_cast<Switch>(cell->load(std::memory_order_relaxed) & switch_bits);
}

void SharedSwitches::set(std::string_view name, Switch value) noexcept {
  const std::uint64_t hash = hash_of(name);
  // An unset switch takes no cell.
  if (Cell* cell = find(hash, value != Switch::unset)) {
    cell->store((hash & ~switch_bits) | static_cast<std::uint64_t>(value),
                std::memory_order_relaxed);
  }
}

}  // namespace personalize
