// Decides whether a server is worth asking, and when to try it again.
#pragma once

#include <cstdint>

namespace personalize {

// Closed: commands are sent. Open: they are refused at once, so that nothing waits for a server
// that does not answer. Half open: a probe is under way and commands are still refused. Reads no
// clock: the caller waits for delay_ms() and then calls probing().
class CircuitBreaker {
 public:
  enum class State : std::uint8_t { closed, open, half_open };

  struct Limits {
    std::uint32_t failures = 3;          // in a row that are too many
    std::uint32_t first_delay_ms = 50;   // before the first probe; doubles with each opening
    std::uint32_t last_delay_ms = 2000;  // up to this
  };

  explicit CircuitBreaker(const Limits& limits) noexcept : limits_(limits) {}

  State state() const noexcept { return state_; }

  // Counts a failure. Returns true if there were too many in a row, and it is time to trip().
  bool failed() noexcept;

  // Notes that a command succeeded: forgets earlier failures and openings.
  void succeeded() noexcept;

  // Opens: too many failures, no connection, or a failed probe.
  void trip() noexcept;

  // Returns how long to stay open: half of the current delay and up to as much again by `random`
  // (any number), so that workers do not return at the same time.
  std::uint32_t delay_ms(std::uint32_t random) const noexcept;

  // Begins a probe: open → half open.
  void probing() noexcept;

  // Notes that the probe succeeded: half open → closed. The delay stays as it is until a command
  // succeeds: a server that answers nothing but probes is not asked more and more often.
  void probe_succeeded() noexcept;

 private:
  Limits limits_;
  State state_ = State::closed;
  std::uint32_t failures_ = 0;  // in a row
  std::uint32_t openings_ = 0;  // in a row
};

}  // namespace personalize
