// Entries found by a hash, in a table of a fixed size: what OnceTable, EventBudget, SessionStarts
// and Newcomers keep of visitors.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace personalize {

// An Entry has the members `tag`, bits of the hash, and `used_s`, when it was used last, in
// seconds; 0: free. Nobody outside can choose the hashes.
//
// Zero bytes are a valid value, which may be in memory that processes share, under a lock.
template <class Entry, std::size_t sets>
class SetTable {
 public:
  static std::uint32_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 32U);
  }
  // Returns the time as entries have it.
  static std::uint32_t used_at(std::int64_t now_s) noexcept {
    return static_cast<std::uint32_t>(std::max<std::int64_t>(now_s, 1));
  }

  // Returns nullptr if there is no entry of the hash.
  Entry* find(std::uint64_t hash) noexcept {
    auto& set = entries_[hash % sets];
    const auto known = std::find_if(set.begin(), set.end(), [&](const Entry& entry) {
      return entry.used_s != 0 && entry.tag == tag_of(hash);
    });
    return known == set.end() ? nullptr : &*known;
  }

  // Returns the entry of the hash, or one that may be overwritten with it: a free one, else the one
  // that was used longest ago.
  Entry& place(std::uint64_t hash) noexcept {
    if (Entry* known = find(hash)) {
      return *known;
    }
    auto& set = entries_[hash % sets];
    return *std::min_element(set.begin(), set.end(),
                             [](const Entry& a, const Entry& b) { return a.used_s < b.used_s; });
  }

 private:
  static constexpr std::size_t ways = 8;  // entries of equal low bits

  std::array<std::array<Entry, ways>, sets> entries_{};
};

}  // namespace personalize
