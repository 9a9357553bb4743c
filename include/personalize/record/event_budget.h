// Bounds what browsers can say.
#pragma once

#include <cstdint>

#include "personalize/record/set_table.h"

namespace personalize {

// How many events each visitor's browser may still report: a table of token buckets of a fixed size
// (16 Ki visitors, 192 KiB). A visitor who is forgotten starts with a full one.
//
// Zero bytes are a valid value, which may be in memory that processes share, under a lock.
class EventBudget {
 public:
  // At most `burst` events at once, and `per_second` in the long run.
  struct Limits {
    std::uint32_t burst;
    std::uint32_t per_second;
  };
  static constexpr std::uint32_t burst = 120;
  static constexpr Limits of_visitor = {burst, 1};
  // An address stands for many visitors, whose ids nobody has signed.
  static constexpr Limits of_address = {10 * burst, 10};

  // Takes `events` from the budget of the visitor, or the address, of that hash, which nobody
  // outside can choose. Takes nothing and returns false if that is more than there is. `now_s` are
  // seconds of a clock that all callers share.
  bool take(std::uint64_t visitor, std::int64_t now_s, std::uint32_t events,
            const Limits& limits = of_visitor) noexcept;

 private:
  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t used_s = 0;
    std::uint32_t left = 0;
  };

  using Table = SetTable<Entry, 2048>;

  Table table_;
};

}  // namespace personalize
