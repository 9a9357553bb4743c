// A hash of texts, eight bytes at a time, for tables in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace personalize {

// Returns a hash of `text`, by Fibonacci's multiplier. `seed`: texts of different lengths must have
// different ones. The upper bits are the better ones. It is not secure: whoever chooses texts can
// make them collide.
inline std::uint64_t hash_words(std::string_view text, std::uint64_t seed) noexcept {
  constexpr std::uint64_t factor = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = seed * factor;
  std::uint64_t word = 0;
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
    std::memcpy(&word, at, sizeof(word));
    hash = (hash ^ word) * factor;
    hash ^= hash >> 32U;
  }
  word = 0;
  for (std::size_t i = 0; i < left; ++i) {
    word = word << 8U | static_cast<unsigned char>(at[i]);
  }
  return (hash ^ word) * factor;
}

}  // namespace personalize
