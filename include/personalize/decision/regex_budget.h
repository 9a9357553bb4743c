// What the regular expressions of one request may cost, and lists that are compared with lists.
#pragma once

#include <cstdint>

namespace personalize {

// Counts steps of searches: each time that a search gets past a part that can match in several ways
// is one, and sixteen characters passed over are another. Ordinary searches take a few; all
// together keep a worker for some milliseconds at most. The strings are the visitor's, and a list
// in a profile can have thousands: without a limit for all of them, a slow pattern would stop the
// worker.
class RegexBudget {
 public:
  static constexpr std::uint32_t steps = 100'000;

  // Takes off what a search has cost. Returns false once nothing is left: the search is given up.
  bool spend(std::uint64_t cost) noexcept {
    left_ = cost < left_ ? left_ - static_cast<std::uint32_t>(cost) : 0;
    return left_ != 0;
  }
  bool is_exceeded() const noexcept { return left_ == 0; }

 private:
  std::uint32_t left_ = steps;
};

}  // namespace personalize
