// Where the bytes that shape a tag stand, as bit masks: one bit a byte, for some kilobytes at a
// time. Computed with the widest vectors that the processor has, without a branch.
//
// Example, with "slot" as the only word that a selector asks for (as a class):
//
//   bytes         <div class="a slot">x</div>
//   less_than     1....................1.....
//   greater_than  ...................1......1
//   delimiter     ....1.....11.1....11..1...1     bytes up to ' ' and & " ' / = >
//   notable       ...............1...........     "lot" with a delimiter after it
//
// Masks are read from the lowest bit, so that the left byte is bit 0. '<' is not a delimiter: it
// can be part of a name. The first '>' after the tag's name ends it unless the last '"' before that
// opens a value, and because of the notable byte the tag is looked at more closely. A tag without
// one is passed over with a few instructions, whatever its attributes say.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "rewrite/tokenizer/fingerprints.h"

namespace personalize::rewrite {

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "masks are read at any byte, which needs a little-endian processor"
#endif

class Structure {
 public:
  // Bytes that are looked at together; a tag that is longer goes the slow way.
  static constexpr std::size_t block_size = 4096;

  enum Kind : std::uint8_t {
    less_than,
    greater_than,
    // What can end a name or mean something within a tag: bytes up to ' ' and & " ' / = >
    delimiter,
    // Where a tag needs a closer look: & and ' and the first of three bytes that match the
    // fingerprints and have a delimiter after them.
    notable,
    kind_count
  };

  static constexpr bool is_delimiter(char c) {
    constexpr std::uint64_t delimiters =
        0x1FFFFFFFF | std::uint64_t{1} << '"' | std::uint64_t{1} << '&' | std::uint64_t{1} << '\'' |
        std::uint64_t{1} << '/' | std::uint64_t{1} << '=' | std::uint64_t{1} << '>';
    const auto byte = static_cast<unsigned char>(c);
    return byte < 64 && (delimiters >> byte & 1) != 0;
  }

  // `fingerprints` must outlive it.
  explicit Structure(const Fingerprints& fingerprints) : fingerprints_(fingerprints) {}

  // Classifies the bytes from `begin` on, where a tag or text begins: at most a block of them, none
  // beyond `end`. What is notable is not certain for the last three bytes.
  void look_at(const char* begin, const char* end);
  void forget() { begin_ = end_ = nullptr; }

  const char* begin() const { return begin_; }
  const char* end() const { return end_; }
  // Returns whether a pointer into the same chunk is within the block.
  bool covers(const char* p) const { return begin_ <= p && p < end_; }

  // How many bytes a window is sure to show.
  static constexpr std::size_t window_size = 57;

  // One word for 64 bytes; after the last there are two empty ones, for windows.
  using Masks = std::uint64_t[kind_count][block_size / 64 + 3];

  // The block as it is now: a copy for loops, which need not be read again after each store.
  struct View {
    const char* begin;
    const char* end;
    const Masks* masks;

    // Returns the bytes from `p` on: bit i is set if p[i] is of the kind. Beyond the block all are
    // 0; bits from window_size on can be missing.
    std::uint64_t window(Kind kind, const char* p) const {
      auto offset = static_cast<std::size_t>(p - begin);
      std::uint64_t bits;
      std::memcpy(&bits, reinterpret_cast<const char*>((*masks)[kind]) + offset / 8, sizeof bits);
      return bits >> (offset % 8);
    }

    // Returns the masks of each 64 bytes.
    const std::uint64_t* words(Kind kind) const { return (*masks)[kind]; }

    // Returns whether `is` holds for one of the kind among `size` bytes from `p` on, which are
    // within the block.
    template <class Predicate>
    bool any(Kind kind, const char* p, std::size_t size, Predicate is) const {
      for (constexpr std::size_t step = window_size - 1;; p += step, size -= step) {
        std::uint64_t bits = window(kind, p) & ((std::uint64_t{1} << std::min(size, step)) - 1);
        for (; bits != 0; bits &= bits - 1) {
          if (is(p + __builtin_ctzll(bits))) {
            return true;
          }
        }
        if (size <= step) {
          return false;
        }
      }
    }

    // Returns the first byte of the kind at or after `p`; `end` if there is none in the block.
    const char* find(Kind kind, const char* p) const {
      std::uint64_t bits = window(kind, p);
      while (bits == 0) {
        p += window_size - 1;
        if (p >= end) {
          return end;
        }
        bits = window(kind, p);
      }
      return p + __builtin_ctzll(bits);
    }
  };
  View view() const { return {begin_, end_, &masks_}; }

  // The ways to do it; all give the same masks. `size` is a multiple of 64; `beyond` bytes more
  // are read.
  static constexpr std::size_t beyond = Fingerprints::byte_count - 1;
  class Writer;
  using Classify = void (*)(const char* bytes, std::size_t size, const Fingerprints& fingerprints,
                            Writer& writer);
  struct Method {
    const char* name;
    Classify classify;
  };
  // Returns those that this processor can run, the best first. The last is the portable one.
  static const Method* methods(std::size_t& count);
  // For tests and benchmarks: makes all structures use one of methods().
  static void use(const Method& method);

 private:
  std::size_t words() const { return (static_cast<std::size_t>(end_ - begin_) + 63) / 64; }

  const Fingerprints& fingerprints_;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  Masks masks_;
};

}  // namespace personalize::rewrite
