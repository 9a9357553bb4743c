#include "personalize/redis/circuit_breaker.h"

#include <algorithm>

namespace personalize {

bool CircuitBreaker::failed() noexcept {
  if (failures_ < limits_.failures) {
    ++failures_;
  }
  return failures_ == limits_.failures;
}

void CircuitBreaker::succeeded() noexcept {
  failures_ = 0;
  openings_ = 0;
}

void CircuitBreaker::trip() noexcept {
  state_ = State::open;
  failures_ = 0;
  ++openings_;
}

std::uint32_t CircuitBreaker::delay_ms(std::uint32_t random) const noexcept {
  std::uint64_t delay = limits_.first_delay_ms;
  for (std::uint32_t i = 1; i < openings_ && delay < limits_.last_delay_ms; ++i) {
    delay *= 2;
  }
  delay = std::min<std::uint64_t>(delay, limits_.last_delay_ms);
  const std::uint64_t half = delay / 2;
  return static_cast<std::uint32_t>(half + random % (delay - half + 1));
}

void CircuitBreaker::probing() noexcept {
  state_ = State::half_open;
}

void CircuitBreaker::probe_succeeded() noexcept {
  state_ = State::closed;
}

}  // namespace personalize
