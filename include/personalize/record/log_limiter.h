// Limits how often a kind of message is logged.
#pragma once

#include <array>
#include <cstdint>

#include "personalize/record/counters.h"

namespace personalize {

// Keeps clients and broken servers from flooding a log: a token bucket for each kind of message,
// named by the counter that goes with it. Used by one thread.
class LogLimiter {
 public:
  // At most `burst` messages of a kind at once, and `per_second` in the long run; both at least 1.
  LogLimiter(std::uint32_t per_second, std::uint32_t burst) noexcept;

  struct Answer {
    bool write;                // this message may be written
    std::uint64_t suppressed;  // messages of this kind suppressed before it; 0 unless `write`
  };
  // `now_ms` is of any clock that counts milliseconds; if it jumps back, only time is lost.
  Answer ask(Counter kind, std::int64_t now_ms) noexcept;

 private:
  struct Bucket {
    std::uint64_t thousandths = 0;  // of a message that may be written
    std::int64_t at_ms = 0;         // when they were counted
    std::uint64_t suppressed = 0;
    bool used = false;
  };

  std::uint64_t per_second_;
  std::uint64_t full_;  // thousandths
  std::array<Bucket, counter_count> buckets_ = {};
};

}  // namespace personalize
