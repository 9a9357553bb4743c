// The hash FNV-1a (Fowler, Noll, Vo; http://www.isthe.com/chongo/tech/comp/fnv/).
//
// For names in the configuration and for telling strings apart. It is not secure: an attacker who
// chooses the strings can make them collide.
#pragma once

#include <cstdint>
#include <string_view>

namespace personalize {

// Returns the hash of `text` with 64 bits. `hash` continues from what came before.
constexpr std::uint64_t fnv1a(std::string_view text,
                              std::uint64_t hash = 0xcbf29ce484222325U) noexcept {
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return hash;
}

// The same hash with 32 bits; `fnv1a_32_step` adds one unit, of a byte or more.
constexpr std::uint32_t fnv1a_32_start = 2166136261U;
constexpr std::uint32_t fnv1a_32_prime = 16777619U;
constexpr std::uint32_t fnv1a_32_step(std::uint32_t hash, std::uint32_t unit) noexcept {
  return (hash ^ unit) * fnv1a_32_prime;
}
constexpr std::uint32_t fnv1a_32(std::string_view text,
                                 std::uint32_t hash = fnv1a_32_start) noexcept {
  for (const char c : text) {
    hash = fnv1a_32_step(hash, static_cast<unsigned char>(c));
  }
  return hash;
}

}  // namespace personalize
