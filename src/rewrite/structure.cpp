#include "rewrite/structure.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace personalize::rewrite {
namespace {

constexpr unsigned char kDelimiterBit = 8;

// Bit 0 … 3 of a byte's entry: its kinds.
struct KindTable {
  unsigned char of[256] = {};
  constexpr KindTable() {
    for (int c = 0; c <= ' '; ++c) of[c] = kDelimiterBit;
    for (char c : {'&', '/', '=', '>'}) of[static_cast<unsigned char>(c)] = kDelimiterBit;
    of[static_cast<unsigned char>('<')] = 1;
    of[static_cast<unsigned char>('"')] = 2 | kDelimiterBit;
    of[static_cast<unsigned char>('\'')] = 4 | kDelimiterBit;
  }
};
constexpr KindTable kKindTable;

void classify_portably(const char* bytes, std::size_t size, Structure::Masks& masks) {
  for (std::size_t word = 0; word < size / 64; ++word, bytes += 64) {
    std::uint64_t bits[Structure::kKinds] = {};
    for (int i = 0; i < 64; ++i) {
      std::uint64_t kinds = kKindTable.of[static_cast<unsigned char>(bytes[i])];
      for (int kind = 0; kind < Structure::kKinds; ++kind) {
        bits[kind] |= (kinds >> kind & 1) << i;
      }
    }
    for (int kind = 0; kind < Structure::kKinds; ++kind) masks[kind][word] = bits[kind];
  }
}

#if defined(__x86_64__)

void classify_sse2(const char* bytes, std::size_t size, Structure::Masks& masks) {
  const __m128i space = _mm_set1_epi8(' ');
  for (std::size_t word = 0; word < size / 64; ++word, bytes += 64) {
    std::uint64_t bits[Structure::kKinds] = {};
    for (std::size_t part = 0; part < 4; ++part) {
      __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + part * 16));
      auto is = [v](char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); };
      __m128i double_quote = is('"');
      __m128i single_quote = is('\'');
      __m128i delimiter = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(v, space), v),
                                       _mm_or_si128(double_quote, single_quote));
      delimiter = _mm_or_si128(
          delimiter, _mm_or_si128(_mm_or_si128(is('&'), is('/')), _mm_or_si128(is('='), is('>'))));
      const __m128i found[] = {is('<'), double_quote, single_quote, delimiter};
      for (int kind = 0; kind < Structure::kKinds; ++kind) {
        auto mask =
            static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(found[kind])));
        bits[kind] |= mask << (part * 16);
      }
    }
    for (int kind = 0; kind < Structure::kKinds; ++kind) masks[kind][word] = bits[kind];
  }
}

__attribute__((target("avx2"))) inline std::uint64_t bits_of(__m256i low, __m256i high) {
  return static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_epi8(low))) |
         static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_epi8(high))) << 32;
}

// What each half of 32 bytes gives.
struct Halves256 {
  __m256i less_than, double_quote, single_quote, delimiter;
};

// Delimiters by two look-ups, one for each half of a byte: bit 0 for what begins with 0 or 1, bit 1
// for 2 and bit 2 for 3. Bytes from 0x80 on find nothing in the first.
__attribute__((target("avx2"))) inline Halves256 classify_32(const char* bytes) {
  const __m256i by_low_half =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(3, 1, 3, 1, 1, 1, 3, 3, 1, 1, 1, 1, 1, 5, 5, 3));
  const __m256i by_high_half =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(1, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
  __m256i high_half = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0F));
  Halves256 half;
  half.less_than = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('<'));
  half.double_quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
  half.single_quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\''));
  half.delimiter = _mm256_cmpgt_epi8(_mm256_and_si256(_mm256_shuffle_epi8(by_low_half, v),
                                                      _mm256_shuffle_epi8(by_high_half, high_half)),
                                     _mm256_setzero_si256());
  return half;
}

__attribute__((target("avx2"))) void classify_avx2(const char* bytes, std::size_t size,
                                                   Structure::Masks& masks) {
  for (std::size_t word = 0; word < size / 64; ++word, bytes += 64) {
    Halves256 low = classify_32(bytes);
    Halves256 high = classify_32(bytes + 32);
    masks[Structure::less_than][word] = bits_of(low.less_than, high.less_than);
    masks[Structure::double_quote][word] = bits_of(low.double_quote, high.double_quote);
    masks[Structure::single_quote][word] = bits_of(low.single_quote, high.single_quote);
    masks[Structure::delimiter][word] = bits_of(low.delimiter, high.delimiter);
  }
}

#endif

constexpr Structure::Method kMethods[] = {
#if defined(__x86_64__)
    {"avx2", classify_avx2},
    {"sse2", classify_sse2},
#endif
    {"portable", classify_portably},
};

const Structure::Method* best_method() {
  std::size_t count = 0;
  return Structure::methods(count);
}

Structure::Classify chosen = best_method()->classify;

}  // namespace

const Structure::Method* Structure::methods(std::size_t& count) {
  const Method* first = std::begin(kMethods);
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2")) ++first;
#endif
  count = static_cast<std::size_t>(std::end(kMethods) - first);
  return first;
}

void Structure::use(const Method& method) {
  chosen = method.classify;
}

void Structure::look_at(const char* begin, const char* end) {
  auto size = std::min(static_cast<std::size_t>(end - begin), kBlock);
  begin_ = begin;
  end_ = begin + size;
  std::size_t whole = size / 64 * 64;
  chosen(begin, whole, masks_);
  std::size_t words = whole / 64;
  if (whole < size) {
    // Nothing is read beyond the chunk: its last bytes are looked at in a copy.
    char tail[64] = {};
    std::memcpy(tail, begin + whole, size - whole);
    Masks last;
    chosen(tail, sizeof tail, last);
    std::uint64_t within = ~std::uint64_t{0} >> (64 - (size - whole));
    for (int kind = 0; kind < kKinds; ++kind) masks_[kind][words] = last[kind][0] & within;
    ++words;
  }
  for (auto& mask : masks_) mask[words] = mask[words + 1] = 0;
}

}  // namespace personalize::rewrite
