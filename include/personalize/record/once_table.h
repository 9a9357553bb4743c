// Remembers what was noted recently, so that it counts once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "personalize/record/set_table.h"

namespace personalize {

// A table of a fixed size, of hashes that nobody outside can choose. If a part of it is full, it
// forgets what was noted longest ago, which then counts again.
//
// Zero bytes are a valid value, which may be in memory that processes share, under a lock.
template <std::size_t sets>
class OnceTable {
 public:
  // Returns whether this is the first time within the last `window_s`. `now_s` are seconds of a
  // clock that all callers share.
  bool note(std::uint64_t hash, std::int64_t now_s, std::int64_t window_s) noexcept {
    const std::uint32_t now = Table::used_at(now_s);
    const Entry* known = table_.find(hash);
    if (known != nullptr && now < known->used_s + window_s) {
      return false;
    }
    table_.place(hash) = {Table::tag_of(hash), now};
    return true;
  }

  // Returns whether it was noted within the last `window_s`.
  bool has(std::uint64_t hash, std::int64_t now_s, std::int64_t window_s) noexcept {
    const Entry* known = table_.find(hash);
    return known != nullptr && now_s < known->used_s + window_s;
  }

  // Takes back what was noted.
  void forget(std::uint64_t hash) noexcept {
    if (Entry* known = table_.find(hash)) {
      *known = Entry();
    }
  }

 private:
  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t used_s = 0;  // when it was noted
  };
  using Table = SetTable<Entry, sets>;

  Table table_;
};

}  // namespace personalize
