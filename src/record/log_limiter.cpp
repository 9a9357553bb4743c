#include "personalize/record/log_limiter.h"

#include <algorithm>

namespace personalize {

namespace {

constexpr std::uint64_t message = 1000;  // thousandths

}  // namespace

LogLimiter::LogLimiter(std::uint32_t per_second, std::uint32_t burst) noexcept
    : per_second_(std::max(per_second, 1U)), full_(std::max(burst, 1U) * message) {}

LogLimiter::Answer LogLimiter::ask(Counter kind, std::int64_t now_ms) noexcept {
  Bucket& bucket = buckets_[static_cast<std::size_t>(kind)];
  if (!bucket.used) {
    bucket.used = true;
    bucket.thousandths = full_;
  } else if (now_ms > bucket.at_ms) {
    // One message a second is a thousandth a millisecond. `to_fill` fills any bucket; more would
    // only make the product overflow.
    const auto to_fill = full_ / per_second_ + 1;
    const auto elapsed = std::min(
        static_cast<std::uint64_t>(now_ms) - static_cast<std::uint64_t>(bucket.at_ms), to_fill);
    bucket.thousandths = std::min(full_, bucket.thousandths + elapsed * per_second_);
  }
  bucket.at_ms = now_ms;

  if (bucket.thousandths < message) {
    bucket.suppressed++;
    return {false, 0};
  }
  bucket.thousandths -= message;
  const auto suppressed = bucket.suppressed;
  bucket.suppressed = 0;
  return {true, suppressed};
}

}  // namespace personalize
