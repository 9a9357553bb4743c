// Remembers which tickets of prefetched pages were handed in, so that each counts once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace personalize {

// A table of a fixed size. If a part of it is full, it forgets the ticket that was handed in
// longest ago, which would then count again: a client that forces that has had many other pages
// counted, and could as well have asked for one more.
//
// Zero bytes are a valid value, which may be in memory that processes share, under a lock.
class RedeemedTickets {
 public:
  // `nonce` are the random bits of a ticket, which only a server can have made; `now_s` are seconds
  // of a clock that all callers share. Returns false if it was handed in less than `lifetime_s`
  // ago.
  bool redeem(std::uint64_t nonce, std::int64_t now_s, std::int64_t lifetime_s) noexcept;

 private:
  static constexpr std::size_t ways = 8;  // entries of equal low bits
  static constexpr std::size_t sets = 4096;

  struct Entry {
    std::uint32_t tag = 0;     // high bits of the nonce
    std::uint32_t used_s = 0;  // 0: free
  };

  std::array<std::array<Entry, ways>, sets> entries_{};
};

}  // namespace personalize
