#include "redis/topology/key_slot.h"

#include <algorithm>
#include <array>

namespace personalize {

namespace {

// CRC-16/XMODEM: polynomial 0x1021, initial value 0, nothing reflected.
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

bool is_word(std::string_view a, std::string_view upper) noexcept {
  return std::equal(a.begin(), a.end(), upper.begin(), upper.end(),
                    [](char x, char y) { return (x >= 'a' && x <= 'z' ? x - 'a' + 'A' : x) == y; });
}

}  // namespace

std::uint16_t key_slot(std::string_view key) noexcept {
  const auto open = key.find('{');
  if (open != std::string_view::npos) {
    const auto close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) {
      key = key.substr(open + 1, close - open - 1);
    }
  }
  return crc16(key) % slot_count;
}

std::string_view routing_key(const std::string_view* words, std::size_t count) noexcept {
  // EVAL SCRIPT NUMBER KEY…; all else that is sent by this module: COMMAND KEY …
  const bool is_script = count > 3 && (is_word(words[0], "EVAL") || is_word(words[0], "EVALSHA"));
  const std::size_t place = is_script ? 3 : 1;
  return count > place ? words[place] : std::string_view();
}

bool is_read(std::string_view command) noexcept {
  static constexpr std::string_view reads[] = {"GETRANGE", "HMGET",     "LRANGE",  "GET",  "MGET",
                                               "HGET",     "STRLEN",    "HGETALL", "LLEN", "ZSCORE",
                                               "ZRANGE",   "ZREVRANGE", "EXISTS"};
  return std::any_of(std::begin(reads), std::end(reads),
                     [&](std::string_view read) { return is_word(command, read); });
}

}  // namespace personalize
