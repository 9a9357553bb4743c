// A clock for what takes less than a millisecond, which is as exact as NGINX's own cached time is.
#pragma once

#include <time.h>

#include <cstdint>

namespace personalize {

// Returns nanoseconds of a clock that nobody sets. Takes some 20 ns, without a system call.
inline std::uint64_t monotonic_ns() noexcept {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace personalize
