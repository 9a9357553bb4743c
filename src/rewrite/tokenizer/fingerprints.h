// The last bytes of every word that a selector asks for, as tables in which vector instructions
// look up many bytes of a page at once.
//
// After the matching of several literals by shuffles, known from Intel's Hyperscan ("Teddy"): three
// neighbouring bytes are each looked up by their lower and upper half (or by both at once, if the
// processor can), and what all tables have in common says whether, and in which of eight buckets,
// they may be the end of a word.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace personalize::rewrite {

class Fingerprints {
 public:
  static constexpr int byte_count = 3;

  // Adds a word: a class, an identifier or the name of an attribute. Wherever it stands in a tag,
  // as it was written or (`any_case`) in other letters, its last bytes will be found. Bytes that
  // the parser changes on its way (white space, NUL) can be any.
  void add(std::string_view word, bool any_case);

  // Returns whether a page has the word as these bytes: it can have NUL instead of U+FFFD.
  static bool has_own_bytes(std::string_view word) {
    return word.find("\xEF\xBF\xBD") == std::string_view::npos;
  }

  // Returns whether the three bytes may be the end of a word that was added.
  bool match(const char* bytes) const {
    std::uint8_t buckets = 0xFF;
    for (int i = 0; i < byte_count; ++i) {
      buckets &= whole[i][static_cast<unsigned char>(bytes[i]) & 0x7F];
    }
    return buckets != 0;
  }

  // By a byte without its top bit, at each place: the buckets that it may belong to.
  std::array<std::uint8_t, 128> whole[byte_count] = {};
  // The same by the byte's lower and upper half: what both have in common.
  alignas(16) std::array<std::uint8_t, 16> low[byte_count] = {};
  alignas(16) std::array<std::uint8_t, 16> high[byte_count] = {};

 private:
  void put(std::string_view word, bool any_case, std::uint8_t bucket);
  // Returns how many different three bytes (each counted with and without its top bit) are in a
  // bucket.
  std::size_t matched(std::uint8_t bucket) const;
  void add_byte(int place, char byte, std::uint8_t bucket) {
    low[place][byte & 0x0F] |= bucket;
    high[place][byte >> 4 & 7] |= bucket;
    high[place][8 + (byte >> 4 & 7)] |= bucket;
  }
  void add_any(int place, std::uint8_t bucket) {
    for (auto& entry : low[place]) {
      entry |= bucket;
    }
    for (auto& entry : high[place]) {
      entry |= bucket;
    }
  }
};

}  // namespace personalize::rewrite
