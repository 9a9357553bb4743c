// How what was learned fades: forward decay (G. Cormode, V. Shkapenyuk, D. Srivastava, B. Xu,
// "Forward Decay: A Practical Time Decay Model for Streaming Systems", ICDE 2009).
//
// Something that happens t seconds after the beginning of a period counts 2^(t / half_life), so
// that nothing that was counted ever has to change. Counts grow without bound as long as the
// beginning stays; so each period has keys of its own, and readers add up two of them.
//
// Weights are whole numbers: Redis keeps sums of these in a third of the room of others.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace personalize {

class Fading {
 public:
  // `half_life_s` at least 1. A period is at most `longest_s`, and not less than a half-life.
  Fading(std::int64_t half_life_s, std::int64_t longest_s) noexcept
      : half_life_s_(half_life_s),
        period_s_(std::max(half_life_s, std::min(half_life_s * most_half_lives, longest_s))) {}

  // Returns the number of the period that the time is in.
  std::int64_t period(std::int64_t now_s) const noexcept {
    return std::max<std::int64_t>(now_s, 0) / period_s_;
  }

  // Returns what counts `unit` when it happens at that time: a whole number, `unit` times 16 at the
  // beginning of a period.
  std::int64_t weight(std::int64_t unit, std::int64_t now_s) const noexcept {
    return unit * std::llround(scale * growth(now_s));
  }

  // Returns by what a sum of the present period, or of the one before, is multiplied to have it in
  // units of now.
  double to_now(std::int64_t now_s) const noexcept { return 1 / (scale * growth(now_s)); }
  double older_to_now(std::int64_t now_s) const noexcept {
    return to_now(now_s) *
           std::exp2(-static_cast<double>(period_s_) / static_cast<double>(half_life_s_));
  }

  // Returns whether the period before still tells something: less than 8 half-lives of this one
  // have passed.
  bool needs_older(std::int64_t now_s) const noexcept {
    constexpr double faint = 8;
    return half_lives(now_s) < faint;
  }

 private:
  static constexpr std::int64_t most_half_lives = 32;
  static constexpr double scale = 16;

  double half_lives(std::int64_t now_s) const noexcept {
    return static_cast<double>(std::max<std::int64_t>(now_s, 0) % period_s_) /
           static_cast<double>(half_life_s_);
  }
  double growth(std::int64_t now_s) const noexcept { return std::exp2(half_lives(now_s)); }

  std::int64_t half_life_s_;
  std::int64_t period_s_;
};

}  // namespace personalize
