// The hash FNV-1a with 64 bits (Fowler, Noll, Vo; http://www.isthe.com/chongo/tech/comp/fnv/).
//
// For names of the configuration and for telling texts apart; it protects nothing, and who can
// choose the text can make two the same.
#pragma once

#include <cstdint>
#include <string_view>

namespace personalize {

// `hash` continues from what came before.
constexpr std::uint64_t fnv1a(std::string_view text,
                              std::uint64_t hash = 0xcbf29ce484222325U) noexcept {
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return hash;
}

}  // namespace personalize
