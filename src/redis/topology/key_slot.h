// Which of a cluster's hash slots a key belongs to. From the Redis Cluster specification:
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace personalize {

constexpr std::uint32_t slot_count = 16384;

// CRC16 (XMODEM) of the key, or of what stands between its first `{` and the next `}` where that is
// not empty: keys with equal hash tags are on one node.
std::uint16_t key_slot(std::string_view key) noexcept;

// The key that decides where a command goes: the first one. Empty for a command without.
std::string_view routing_key(const std::string_view* words, std::size_t count) noexcept;

// Whether a replica may answer it: it reads, and changes nothing.
bool is_read(std::string_view command) noexcept;

}  // namespace personalize
