// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed 64-bit hash whose collisions cannot be chosen
// by someone who does not know the key.
#pragma once

#include <cstdint>
#include <string_view>

namespace personalize {

std::uint64_t siphash(std::uint64_t key_low, std::uint64_t key_high,
                      std::string_view bytes) noexcept;

}  // namespace personalize
