// Remembers what was noted recently, so that it counts once.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

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
    const auto now = static_cast<std::uint32_t>(std::max<std::int64_t>(now_s, 1));
    Entry* known = find(hash);
    if (known != nullptr && now < known->at_s + window_s) {
      return false;
    }
    if (known == nullptr) {
      auto& set = entries_[hash % sets];
      known = std::min_element(set.begin(), set.end(),
                               [](const Entry& a, const Entry& b) { return a.at_s < b.at_s; });
    }
    *known = {tag_of(hash), now};
    return true;
  }

  // Returns whether it was noted within the last `window_s`.
  bool has(std::uint64_t hash, std::int64_t now_s, std::int64_t window_s) noexcept {
    const Entry* known = find(hash);
    return known != nullptr && now_s < known->at_s + window_s;
  }

  // Takes back what was noted.
  void forget(std::uint64_t hash) noexcept {
    if (Entry* known = find(hash)) {
      *known = Entry();
    }
  }

 private:
  static constexpr std::size_t ways = 8;  // entries of equal low bits

  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t at_s = 0;  // 0: free
  };

  static std::uint32_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 32U);
  }

  Entry* find(std::uint64_t hash) noexcept {
    auto& set = entries_[hash % sets];
    const auto known = std::find_if(set.begin(), set.end(), [&](const Entry& entry) {
      return entry.at_s != 0 && entry.tag == tag_of(hash);
    });
    return known == set.end() ? nullptr : known;
  }

  std::array<std::array<Entry, ways>, sets> entries_{};
};

}  // namespace personalize
