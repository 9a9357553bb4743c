#include "personalize/redis/cluster.h"

#include <array>

namespace personalize {

namespace {

// Returns the table of CRC-16/XMODEM: polynomial 0x1021, initial value 0, nothing reflected.
constexpr std::array<std::uint16_t, 256> crc_table() {
  std::array<std::uint16_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    }
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}

std::uint16_t crc16(std::string_view bytes) noexcept {
  static constexpr auto table = crc_table();
  std::uint32_t crc = 0;
  for (const char c : bytes) {
    crc = (crc << 8) ^ table[((crc >> 8) ^ static_cast<unsigned char>(c)) & 0xff];
  }
  return static_cast<std::uint16_t>(crc);
}

}  // namespace

std::uint16_t hash_slot_of(std::string_view key) noexcept {
  const auto open = key.find('{');
  if (open != std::string_view::npos) {
    const auto close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) {
      key = key.substr(open + 1, close - open - 1);
    }
  }
  return crc16(key) % hash_slot_count;
}

// All commands of this module are `COMMAND KEY …`.
std::string_view routing_key(const std::string_view* words, std::size_t count) noexcept {
  return count > 1 ? words[1] : std::string_view();
}

}  // namespace personalize
