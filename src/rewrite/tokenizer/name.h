// Names of elements, as numbers that can be compared.
//
// A name of at most 8 bytes is its own key: its lower-case bytes, packed. Longer names (and those
// few that would be ambiguous so) are kept in a table and have the number of their entry, with the
// top bit set. Equal keys mean equal names, always: nothing here rests on a hash alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "base/text/ascii.h"

namespace personalize::rewrite {

using NameKey = std::uint64_t;

// For the paths that most tags take.
inline bool likely(bool condition) {
  return __builtin_expect(static_cast<long>(condition), 1) != 0;
}
inline bool unlikely(bool condition) {
  return __builtin_expect(static_cast<long>(condition), 0) != 0;
}

constexpr NameKey interned_name = std::uint64_t{1} << 63;
constexpr NameKey too_many_names = ~std::uint64_t{0};

// Lower-cases the ASCII letters among eight bytes at once.
inline std::uint64_t ascii_lower8(std::uint64_t bytes) {
  constexpr std::uint64_t each = 0x0101010101010101;
  std::uint64_t low = bytes & (each * 0x7f);
  std::uint64_t from_a = low + each * (0x80 - 'A');
  std::uint64_t beyond_z = low + each * (0x80 - 'Z' - 1);
  std::uint64_t upper = (from_a ^ beyond_z) & ~bytes & (each * 0x80);
  return bytes | (upper >> 2);
}

// Packs up to eight bytes in the order of memory on a little-endian machine, zero-padded.
constexpr NameKey pack_name(std::string_view lower) {
  NameKey key = 0;
  for (std::size_t i = 0; i < lower.size() && i < 8; ++i) {
    key |= static_cast<NameKey>(static_cast<unsigned char>(lower[i])) << (8 * i);
  }
  return key;
}

// Returns the length of a name that is its own key.
inline std::size_t length_of(NameKey packed) {
  return 8 - static_cast<std::size_t>(__builtin_clzll(packed)) / 8;
}

// Names that do not fit into a key. A table can continue another one that no longer changes: the
// page's own names continue those of the matcher.
class NameTable {
 public:
  explicit NameTable(std::pmr::memory_resource* memory, const NameTable* base = nullptr);

  // Returns the key of a name as it stands in a page: any case, NUL read as U+FFFD. A new name is
  // added, unless the table is full: then too_many_names.
  NameKey key(std::string_view name);
  // Returns the lower-case name of a key with `interned_name`, which this table has or continues.
  std::string_view long_name(NameKey key) const;

 private:
  static constexpr std::size_t max_names = 4096;

  struct Entry {
    std::uint32_t hash;
    std::uint32_t next;  // entry + 1 in the same bucket
    std::string_view name;
  };

  NameKey intern(std::string_view lower);
  const Entry* find(std::string_view lower, std::uint32_t hash, std::size_t& index) const;

  const NameTable* base_;
  std::size_t first_;  // the number of our first entry
  std::pmr::vector<Entry> entries_;
  std::pmr::vector<std::uint32_t> buckets_;
};

}  // namespace personalize::rewrite
