#include "rewrite/tokenizer/structure.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace personalize::rewrite {
// Takes the masks of 64 bytes after 64 bytes, and decides what is notable.
class Structure::Writer {
 public:
  explicit Writer(Masks& masks) : masks_(masks) {}

  struct Word {
    std::uint64_t less_than, greater_than, delimiter;
    std::uint64_t odd;          // & and '
    std::uint64_t fingerprint;  // the first of three bytes that match
  };

  [[gnu::always_inline]] inline void add(const Word& word) {
    masks_[less_than][at_] = word.less_than;
    masks_[greater_than][at_] = word.greater_than;
    masks_[delimiter][at_] = word.delimiter;
    // The delimiter after a fingerprint may be among the next 64 bytes.
    constexpr int byte_count = Fingerprints::byte_count;
    if (at_ != 0) {
      masks_[notable][at_ - 1] |= split_ & word.delimiter << (64 - byte_count);
    }
    split_ = word.fingerprint;
    masks_[notable][at_] = word.odd | (word.fingerprint & word.delimiter >> byte_count);
    ++at_;
  }

 private:
  Masks& masks_;
  std::size_t at_ = 0;
  std::uint64_t split_ = 0;  // fingerprints of the word before
};

namespace {

// A byte's kinds, in the order of Structure::Writer::Word.
struct KindTable {
  unsigned char of[256] = {};
  constexpr KindTable() {
    for (int c = 0; c < 128; ++c) {
      if (Structure::is_delimiter(static_cast<char>(c))) {
        of[c] = delimiter;
      }
    }
    of[static_cast<unsigned char>('<')] = 1;
    of[static_cast<unsigned char>('>')] |= 2;
    for (char c : {'&', '\''}) {
      of[static_cast<unsigned char>(c)] |= 8;
    }
  }
  static constexpr unsigned char delimiter = 4;
};
constexpr KindTable kinds_by_byte;

void classify_portably(const char* bytes, std::size_t size, const Fingerprints& fingerprints,
                       Structure::Writer& writer) {
  for (const char* end = bytes + size; bytes != end; bytes += 64) {
    Structure::Writer::Word word{};
    for (int i = 0; i < 64; ++i) {
      std::uint64_t kinds = kinds_by_byte.of[static_cast<unsigned char>(bytes[i])];
      word.less_than |= (kinds & 1) << i;
      word.greater_than |= (kinds >> 1 & 1) << i;
      word.delimiter |= (kinds >> 2 & 1) << i;
      word.odd |= (kinds >> 3 & 1) << i;
      word.fingerprint |= std::uint64_t{fingerprints.match(bytes + i)} << i;
    }
    writer.add(word);
  }
}

#if defined(__x86_64__)

// Kinds by two look-ups, one for each half of a byte. Bit 0 is for delimiters that begin with 0 or
// 1, bit 1 with 2 and bit 2 with 3. The top bit is for & and '.
constexpr char odd = '\x80';
alignas(16) constexpr char kinds_by_low_half[16] = {3, 1, 3, 1, 1, 1, 3 | odd, 3 | odd,
                                                    1, 1, 1, 1, 1, 5, 5,       3};
alignas(16) constexpr char kinds_by_high_half[16] = {1, 1, 2 | odd, 4};

__attribute__((target("ssse3"))) inline std::uint64_t top_bits(__m128i v) {
  return static_cast<unsigned>(_mm_movemask_epi8(v));
}

__attribute__((target("ssse3"))) inline __m128i load_16(const void* p) {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}

__attribute__((target("ssse3"))) inline __m128i fingerprint_16(const Fingerprints& fingerprints,
                                                               int place, __m128i v) {
  const __m128i half = _mm_set1_epi8(0x0F);
  __m128i low = _mm_and_si128(v, half);
  __m128i high = _mm_and_si128(_mm_srli_epi16(v, 4), half);
  return _mm_and_si128(_mm_shuffle_epi8(load_16(fingerprints.low[place].data()), low),
                       _mm_shuffle_epi8(load_16(fingerprints.high[place].data()), high));
}

__attribute__((target("ssse3"))) void classify_ssse3(const char* bytes, std::size_t size,
                                                     const Fingerprints& fingerprints,
                                                     Structure::Writer& writer) {
  const __m128i zero = _mm_setzero_si128();
  const __m128i half = _mm_set1_epi8(0x0F);
  for (const char* end = bytes + size; bytes != end; bytes += 64) {
    Structure::Writer::Word word{};
    for (unsigned part = 0; part < 64; part += 16) {
      __m128i v = load_16(bytes + part);
      __m128i high = _mm_and_si128(_mm_srli_epi16(v, 4), half);
      __m128i kinds =
          _mm_and_si128(_mm_shuffle_epi8(load_16(kinds_by_low_half), _mm_and_si128(v, half)),
                        _mm_shuffle_epi8(load_16(kinds_by_high_half), high));
      __m128i matches =
          _mm_and_si128(fingerprint_16(fingerprints, 0, v),
                        _mm_and_si128(fingerprint_16(fingerprints, 1, load_16(bytes + part + 1)),
                                      fingerprint_16(fingerprints, 2, load_16(bytes + part + 2))));
      word.less_than |= top_bits(_mm_cmpeq_epi8(v, _mm_set1_epi8('<'))) << part;
      word.greater_than |= top_bits(_mm_cmpeq_epi8(v, _mm_set1_epi8('>'))) << part;
      word.delimiter |= top_bits(_mm_cmpeq_epi8(kinds, zero)) << part;
      word.odd |= top_bits(kinds) << part;
      word.fingerprint |= top_bits(_mm_cmpeq_epi8(matches, zero)) << part;
    }
    word.delimiter = ~word.delimiter;
    word.fingerprint = ~word.fingerprint;
    writer.add(word);
  }
}

__attribute__((target("avx2"))) inline __m256i load_32(const char* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

__attribute__((target("avx2"))) inline __m256i load_table(const void* table) {
  return _mm256_broadcastsi128_si256(_mm_load_si128(static_cast<const __m128i*>(table)));
}

__attribute__((target("avx2"))) inline std::uint64_t bits_of(__m256i first, __m256i second) {
  return static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_epi8(first))) |
         static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_epi8(second))) << 32;
}

// Looked up by a byte's halves.
struct Tables256 {
  __m256i low, high;
};

__attribute__((target("avx2"))) inline __m256i look_up(const Tables256& tables, __m256i v) {
  const __m256i half = _mm256_set1_epi8(0x0F);
  __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), half);
  return _mm256_and_si256(_mm256_shuffle_epi8(tables.low, _mm256_and_si256(v, half)),
                          _mm256_shuffle_epi8(tables.high, high));
}

__attribute__((target("avx2"))) void classify_avx2(const char* bytes, std::size_t size,
                                                   const Fingerprints& fingerprints,
                                                   Structure::Writer& writer) {
  const Tables256 kinds{load_table(kinds_by_low_half), load_table(kinds_by_high_half)};
  Tables256 tables[Fingerprints::byte_count];
  for (int place = 0; place < Fingerprints::byte_count; ++place) {
    tables[place] = {load_table(fingerprints.low[place].data()),
                     load_table(fingerprints.high[place].data())};
  }
  const __m256i zero = _mm256_setzero_si256();
  const __m256i less_than = _mm256_set1_epi8('<');
  const __m256i greater_than = _mm256_set1_epi8('>');
  auto matches = [&tables](const char* at) __attribute__((target("avx2"))) {
    return _mm256_and_si256(
        look_up(tables[0], load_32(at)),
        _mm256_and_si256(look_up(tables[1], load_32(at + 1)), look_up(tables[2], load_32(at + 2))));
  };
  for (const char* end = bytes + size; bytes != end; bytes += 64) {
    __m256i a = load_32(bytes);
    __m256i b = load_32(bytes + 32);
    __m256i kinds_a = look_up(kinds, a);
    __m256i kinds_b = look_up(kinds, b);
    writer.add({bits_of(_mm256_cmpeq_epi8(a, less_than), _mm256_cmpeq_epi8(b, less_than)),
                bits_of(_mm256_cmpeq_epi8(a, greater_than), _mm256_cmpeq_epi8(b, greater_than)),
                ~bits_of(_mm256_cmpeq_epi8(kinds_a, zero), _mm256_cmpeq_epi8(kinds_b, zero)),
                bits_of(kinds_a, kinds_b),
                ~bits_of(_mm256_cmpeq_epi8(matches(bytes), zero),
                         _mm256_cmpeq_epi8(matches(bytes + 32), zero))});
  }
}

#define PERSONALIZE_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi")))

// A table of 128 bytes.
struct Table512 {
  __m512i first, second;
};

PERSONALIZE_AVX512 inline Table512 load_table_512(const void* table) {
  return {_mm512_loadu_si512(table), _mm512_loadu_si512(static_cast<const char*>(table) + 64)};
}

// Looks bytes up by their lower seven bits.
PERSONALIZE_AVX512 inline __m512i look_up(const Table512& table, __m512i v) {
  return _mm512_permutex2var_epi8(table.first, v, table.second);
}

// kinds_by_byte for the lower half of all bytes, in bits of its own: what the others are is
// nothing.
struct KindBits {
  alignas(64) unsigned char of[128] = {};
  constexpr KindBits() {
    for (int c = 0; c < 128; ++c) {
      of[c] = kinds_by_byte.of[c];
    }
  }
};
constexpr KindBits kind_bits;

PERSONALIZE_AVX512 void classify_avx512(const char* bytes, std::size_t size,
                                        const Fingerprints& fingerprints,
                                        Structure::Writer& writer) {
  const Table512 kind_table = load_table_512(kind_bits.of);
  const Table512 tables[] = {load_table_512(fingerprints.whole[0].data()),
                             load_table_512(fingerprints.whole[1].data()),
                             load_table_512(fingerprints.whole[2].data())};
  for (const char* end = bytes + size; bytes != end; bytes += 64) {
    __m512i v = _mm512_loadu_si512(bytes);
    __m512i kinds = look_up(kind_table, v);
    __m512i matches =
        _mm512_and_si512(look_up(tables[0], v), look_up(tables[1], _mm512_loadu_si512(bytes + 1)));
    std::uint64_t ascii = ~_mm512_movepi8_mask(v);
    auto is = [kinds, ascii](char kind) PERSONALIZE_AVX512 {
      return _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(kind)) & ascii;
    };
    writer.add({is(1), is(2), is(4), is(8),
                _mm512_test_epi8_mask(matches, look_up(tables[2], _mm512_loadu_si512(bytes + 2)))});
  }
}

#endif

constexpr Structure::Method all_methods[] = {
#if defined(__x86_64__)
    {"avx512", classify_avx512},
    {"avx2", classify_avx2},
    {"ssse3", classify_ssse3},
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
  const Method* first = std::begin(all_methods);
#if defined(__x86_64__)
  __builtin_cpu_init();
  // On processors without VBMI such wide vectors lower the clock frequency.
  bool avx512 = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi");
  for (bool runs :
       {avx512, __builtin_cpu_supports("avx2") != 0, __builtin_cpu_supports("ssse3") != 0}) {
    if (runs) {
      break;
    }
    ++first;
  }
#endif
  count = static_cast<std::size_t>(std::end(all_methods) - first);
  return first;
}

void Structure::use(const Method& method) {
  chosen = method.classify;
}

void Structure::look_at(const char* begin, const char* end) {
  auto size = static_cast<std::size_t>(end - begin);
  std::size_t whole = size < beyond ? 0 : std::min((size - beyond) / 64 * 64, block_size);
  size = std::min(size, block_size);
  begin_ = begin;
  end_ = begin + size;
  Writer writer(masks_);
  chosen(begin, whole, fingerprints_, writer);
  if (whole < size) {
    // Nothing is read beyond the chunk: its last bytes are looked at in a copy.
    char tail[128 + beyond] = {};
    std::size_t rest = size - whole;
    std::memcpy(tail, begin + whole, rest);
    chosen(tail, rest > 64 ? 128 : 64, fingerprints_, writer);
    if (size % 64 != 0) {
      for (auto& mask : masks_) {
        mask[size / 64] &= ~std::uint64_t{0} >> (64 - size % 64);
      }
    }
  }
  for (auto& mask : masks_) {
    mask[words()] = mask[words() + 1] = 0;
  }
}

}  // namespace personalize::rewrite
