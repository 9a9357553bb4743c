#include "base/siphash.h"

#include <cstring>

namespace personalize {

namespace {

// Words are read as little-endian, like every processor that the module is built for.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

std::uint64_t rotate(std::uint64_t word, unsigned bits) {
  return (word << bits) | (word >> (64 - bits));
}

struct State {
  std::uint64_t a, b, c, d;

  void round() {
    a += b;
    c += d;
    b = rotate(b, 13) ^ a;
    d = rotate(d, 16) ^ c;
    a = rotate(a, 32);
    c += b;
    a += d;
    b = rotate(b, 17) ^ c;
    d = rotate(d, 21) ^ a;
    c = rotate(c, 32);
  }

  void add(std::uint64_t word) {
    d ^= word;
    round();
    round();
    a ^= word;
  }
};

}  // namespace

std::uint64_t siphash(std::uint64_t key_low, std::uint64_t key_high,
                      std::string_view bytes) noexcept {
  State state{key_low ^ 0x736f6d6570736575, key_high ^ 0x646f72616e646f6d,
              key_low ^ 0x6c7967656e657261, key_high ^ 0x7465646279746573};
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof(word));
    state.add(word);
  }
  std::uint64_t last = 0;
  if (left > 0) {
    std::memcpy(&last, p, left);
  }
  state.add(last | (static_cast<std::uint64_t>(bytes.size()) << 56));

  state.c ^= 0xff;
  for (int i = 0; i < 4; ++i) {
    state.round();
  }
  return state.a ^ state.b ^ state.c ^ state.d;
}

}  // namespace personalize
