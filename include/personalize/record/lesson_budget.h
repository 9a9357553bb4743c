// Bounds what one client address can teach, so that nobody pushes an item up with made-up visitors,
// or fills Redis with made-up items.
#pragma once

#include <cstdint>

#include "personalize/record/once_table.h"
#include "personalize/record/set_table.h"

namespace personalize {

// Tables of a fixed size (128 Ki views, 64 Ki pairs of address and item, 16 Ki addresses, 2.2 MiB)
// in which the least recently used entry makes room. All hashes are such that nobody outside can
// choose them.
//
// Zero bytes are a valid value, which may be in memory that processes share, under a lock.
class LessonBudget {
 public:
  // How many visitors of one address count for one item in a day.
  static constexpr std::uint32_t of_item = 20;
  // How much an address can teach at all: so much at once, and one a second in the long run.
  static constexpr std::uint32_t burst = 2000;

  // Returns whether a visitor of that address may teach something of an item. What a visitor does
  // again within a day takes nothing from the budget. `visitor_item` and `address_item` are hashes
  // of both together. `now_s` are seconds of a clock that all callers share.
  bool take(std::uint64_t visitor_item, std::uint64_t address_item, std::uint64_t address,
            std::int64_t now_s) noexcept;

 private:
  struct OfItem {
    std::uint32_t tag = 0;
    std::uint32_t used_s = 0;
    std::uint32_t begun_s = 0;
    std::uint32_t count = 0;  // since then
  };
  struct OfAddress {
    std::uint32_t tag = 0;
    std::uint32_t used_s = 0;
    std::uint32_t left = 0;
  };

  bool take_of_item(std::uint64_t address_item, std::int64_t now_s) noexcept;
  bool take_of_address(std::uint64_t address, std::int64_t now_s) noexcept;

  OnceTable<16384> known_;
  SetTable<OfItem, 8192> items_;
  SetTable<OfAddress, 2048> addresses_;
};

}  // namespace personalize
