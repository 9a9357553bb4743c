// Bounds what one client address can teach, so that nobody pushes an item up with made-up visitors,
// or fills Redis with made-up items.
#pragma once

#include <cstdint>

#include "personalize/record/set_table.h"

namespace personalize {

// Tables of a fixed size (64 Ki pairs of address and item, 16 Ki addresses, 1.2 MiB) in which the
// least recently used entry makes room. All hashes are such that nobody outside can choose them.
//
// Zero bytes are a valid value, which may be in memory that processes share, under a lock.
class LessonBudget {
 public:
  // What one address can teach of one item in a day, and at all: so much at once, and in the long
  // run so much a second.
  static constexpr std::uint32_t of_item = 20;
  static constexpr std::uint32_t burst = 2000;
  static constexpr std::uint32_t per_second = 2;

  // Takes `cost` from the budget of the address. Returns false if it is not there.
  // `address_item` is a hash of both together. `now_s` are seconds of a clock that all callers
  // share.
  bool take(std::uint64_t address_item, std::uint64_t address, std::uint32_t cost,
            std::int64_t now_s) noexcept;

 private:
  struct OfItem {
    std::uint32_t tag = 0;
    std::uint32_t used_s = 0;
    std::uint32_t begun_s = 0;
    std::uint32_t taken = 0;  // since then
  };
  struct OfAddress {
    std::uint32_t tag = 0;
    std::uint32_t used_s = 0;
    std::uint32_t left = 0;
  };

  bool take_of_item(std::uint64_t address_item, std::uint32_t cost, std::int64_t now_s) noexcept;
  bool take_of_address(std::uint64_t address, std::uint32_t cost, std::int64_t now_s) noexcept;

  SetTable<OfItem, 8192> items_;
  SetTable<OfAddress, 2048> addresses_;
};

}  // namespace personalize
