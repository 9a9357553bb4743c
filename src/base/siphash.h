// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits. Without the key an attacker
// cannot choose strings that collide.
#pragma once

#include <cstdint>
#include <string_view>

namespace personalize {

std::uint64_t siphash(std::uint64_t key_low, std::uint64_t key_high,
                      std::string_view bytes) noexcept;

}  // namespace personalize
