#include "rewrite/plan/content_deflater.h"

#include <algorithm>
#include <new>
#include <string>
#include <vector>

namespace personalize {

namespace {

// The furthest that a reference reaches, and how much it refers to.
constexpr std::uint64_t window = 32768;
constexpr std::uint32_t shortest_match = 3;
constexpr std::uint32_t longest_match = 258;
// A reference takes up to four bytes.
constexpr std::uint32_t shortest_part = 8;
// What has to be gained by references for the content to be worth copying.
constexpr std::uint32_t least_gain = 64;
// So many bytes as they are cost less than the switch to a block of such bytes and back.
constexpr std::size_t longest_literals = 48;
constexpr std::size_t longest_stored = 65535;

struct Code {
  std::uint16_t bits;  // the first to be written is the lowest
  std::uint8_t length;
};

constexpr std::uint16_t reversed(unsigned code, unsigned length) {
  unsigned result = 0;
  for (unsigned i = 0; i < length; ++i) {
    result = result << 1 | (code >> i & 1);
  }
  return static_cast<std::uint16_t>(result);
}

// RFC 1951, 3.2.6: the codes of literals and lengths in a block of type 1.
constexpr std::array<Code, 288> make_fixed_codes() {
  std::array<Code, 288> codes{};
  for (unsigned symbol = 0; symbol < codes.size(); ++symbol) {
    unsigned code = 0;
    unsigned length = 8;
    if (symbol < 144) {
      code = 0x30 + symbol;
    } else if (symbol < 256) {
      code = 0x190 + symbol - 144;
      length = 9;
    } else if (symbol < 280) {
      code = symbol - 256;
      length = 7;
    } else {
      code = 0xC0 + symbol - 280;
    }
    codes[symbol] = {reversed(code, length), static_cast<std::uint8_t>(length)};
  }
  return codes;
}
constexpr auto fixed_codes = make_fixed_codes();
constexpr unsigned end_of_block = 256;
constexpr unsigned first_length = 257;
constexpr unsigned code_of_longest = 285;
constexpr unsigned distance_code_length = 5;

// RFC 1951, 3.2.5, in a formula: codes come in groups of 2^g with the same number of extra bits,
// each group for values twice as far apart as the one before.
struct Bucket {
  unsigned code;
  unsigned extra_bits;
  unsigned extra;
};
constexpr Bucket bucket(unsigned value, unsigned group_bits) {
  unsigned highest = 0;
  while (value >> (highest + 1) != 0) {
    ++highest;
  }
  if (highest <= group_bits) {
    return {value, 0, 0};
  }
  const unsigned extra_bits = highest - group_bits;
  const unsigned group = extra_bits << group_bits;
  return {group + (value >> extra_bits), extra_bits, value & ((1U << extra_bits) - 1)};
}
static_assert(bucket(13 - shortest_match, 2).code == 266 - first_length);
static_assert(bucket(257 - shortest_match, 2).code == 284 - first_length);
static_assert(bucket(24577 - 1, 1).code == 29 && bucket(24577 - 1, 1).extra_bits == 13);
static_assert(bucket(5 - 1, 1).code == 4 && bucket(4 - 1, 1).code == 3);

// Writes blocks of DEFLATE: of bytes as they are, or of the fixed codes.
class BlockWriter {
 public:
  explicit BlockWriter(std::pmr::string& out) : out_(out) {}

  void text(std::string_view bytes) {
    if (bytes.size() > longest_literals) {
      return stored(bytes);
    }
    for (const char byte : bytes) {
      put(fixed_codes[static_cast<unsigned char>(byte)]);
    }
  }

  void reference(std::uint32_t size, std::uint32_t distance) {
    while (size != 0) {
      std::uint32_t match = std::min(size, longest_match);
      // What is left has to be long enough, too.
      if (size != match && size - match < shortest_match) {
        match -= shortest_match;
      }
      put_match(match, distance);
      size -= match;
    }
  }

  // The content ends with a byte.
  void finish() {
    close();
    if (count_ != 0) {
      begin_stored(0);
    }
  }

 private:
  void write(std::uint64_t bits, unsigned count) {
    bits_ |= bits << count_;
    count_ += count;
    while (count_ >= 8) {
      out_ += static_cast<char>(bits_);
      bits_ >>= 8;
      count_ -= 8;
    }
  }

  void open() {
    if (!is_open_) {
      constexpr unsigned fixed = 1;
      write(fixed << 1, 3);
      is_open_ = true;
    }
  }

  void close() {
    if (is_open_) {
      put(fixed_codes[end_of_block]);
      is_open_ = false;
    }
  }

  void put(Code code) {
    open();
    write(code.bits, code.length);
  }

  void put_match(std::uint32_t size, std::uint32_t distance) {
    if (size == longest_match) {
      put(fixed_codes[code_of_longest]);
    } else {
      const Bucket length = bucket(size - shortest_match, 2);
      put(fixed_codes[first_length + length.code]);
      write(length.extra, length.extra_bits);
    }
    const Bucket back = bucket(distance - 1, 1);
    write(reversed(back.code, distance_code_length), distance_code_length);
    write(back.extra, back.extra_bits);
  }

  void stored(std::string_view bytes) {
    close();
    while (!bytes.empty()) {
      const std::string_view block = bytes.substr(0, longest_stored);
      begin_stored(block.size());
      out_ += block;
      bytes.remove_prefix(block.size());
    }
  }

  void begin_stored(std::size_t size) {
    write(0, 3);
    write(0, (8 - count_) % 8);
    write(size, 16);
    write(~size & 0xFFFF, 16);
  }

  std::pmr::string& out_;
  std::uint64_t bits_ = 0;
  unsigned count_ = 0;
  bool is_open_ = false;
};

}  // namespace

std::optional<std::string_view> ContentDeflater::compress(const SlotHtml& html,
                                                          std::uint64_t position) {
  if (html.constant_count == 0) {
    return std::nullopt;
  }
  if (seen_ == nullptr) {
    seen_ = new (memory_->allocate(sizeof(*seen_), alignof(std::array<Seen, places>)))
        std::array<Seen, places>{};
  }
  std::pmr::vector<Reference> references(memory_);
  references.reserve(html.constant_count);
  std::size_t gain = 0;
  for (std::size_t i = 0; i < html.constant_count; ++i) {
    const ConstantPart& part = html.constants[i];
    const std::uint32_t size = part.end - part.begin;
    if (size < shortest_part) {
      continue;
    }
    Seen& last = (*seen_)[part.hash % places];
    const std::string_view text(part.source, size);
    const std::uint64_t here = position + part.begin;
    if (here - last.position <= window && last.text == text) {
      references.push_back(
          {part.begin, part.end, static_cast<std::uint32_t>(here - last.position)});
      gain += size - 4 * (size / longest_match + 1);
    }
    last = {text, here};
  }
  if (gain < least_gain) {
    return std::nullopt;
  }

  std::pmr::string out(memory_);
  // Of a byte up to nine bits are made, but only of few in a row.
  out.reserve(html.text.size() - gain + html.text.size() / 8 + 64);
  BlockWriter writer(out);
  std::uint32_t from = 0;
  for (const Reference& reference : references) {
    writer.text(html.text.substr(from, reference.begin - from));
    writer.reference(reference.end - reference.begin, reference.distance);
    from = reference.end;
  }
  writer.text(html.text.substr(from));
  writer.finish();
  auto* kept = static_cast<char*>(memory_->allocate(out.size(), 1));
  std::copy(out.begin(), out.end(), kept);
  return std::string_view(kept, out.size());
}

}  // namespace personalize
