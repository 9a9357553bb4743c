// Where the bytes that shape a tag stand, as bit masks: one bit a byte, for some kilobytes at a
// time. Computed with the widest vectors that the processor has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace personalize::rewrite {

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "masks are read at any byte, which needs a little-endian processor"
#endif

class Structure {
 public:
  // Bytes that are looked at together; a tag that is longer goes the slow way.
  static constexpr std::size_t kBlock = 4096;

  enum Kind : std::uint8_t {
    less_than,
    double_quote,
    single_quote,
    // What can end a name or mean something within a tag: bytes up to ' ' and & " ' / = >
    delimiter,
    kKinds
  };

  // Classifies the bytes from `begin` on: at most a block of them, none beyond `end`.
  void look_at(const char* begin, const char* end);
  void forget() { begin_ = end_ = nullptr; }

  const char* begin() const { return begin_; }
  const char* end() const { return end_; }
  // Whether a pointer into the same chunk is within the block.
  bool covers(const char* p) const { return begin_ <= p && p < end_; }

  // How many bytes a window shows.
  static constexpr std::size_t kWindow = 57;

  using Masks = std::uint64_t[kKinds][kBlock / 64 + 2];

  // The block as it is now: a copy for loops, which need not be read anew after each store.
  struct View {
    const char* begin;
    const char* end;
    const Masks* masks;

    // The bytes from `p` on: bit i is set when p[i] is of the kind. Beyond the block all are 0;
    // bits from kWindow on mean nothing.
    std::uint64_t window(Kind kind, const char* p) const {
      auto offset = static_cast<std::size_t>(p - begin);
      std::uint64_t bits;
      std::memcpy(&bits, reinterpret_cast<const char*>((*masks)[kind]) + offset / 8, sizeof bits);
      return bits >> (offset % 8);
    }

    // The first byte of the kind at or after `p`; `end` when there is none in the block.
    const char* find(Kind kind, const char* p) const {
      std::uint64_t bits = window(kind, p);
      while (bits == 0) {
        p += kWindow - 1;
        if (p >= end) return end;
        bits = window(kind, p);
      }
      return p + __builtin_ctzll(bits);
    }
  };
  View view() const { return {begin_, end_, &masks_}; }

  // The mask of 64 bytes, by their number in the block; words() of them.
  std::uint64_t word(Kind kind, std::size_t number) const { return masks_[kind][number]; }
  std::size_t words() const { return (static_cast<std::size_t>(end_ - begin_) + 63) / 64; }

  // The ways to do it; all give the same masks. `size` is a multiple of 64.
  using Classify = void (*)(const char* bytes, std::size_t size, Masks& masks);
  struct Method {
    const char* name;
    Classify classify;
  };
  // Those that this processor can run, the best first. The last is the portable one.
  static const Method* methods(std::size_t& count);
  // For tests and benchmarks: makes all structures use one of methods().
  static void use(const Method& method);

 private:
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  Masks masks_;
};

}  // namespace personalize::rewrite
