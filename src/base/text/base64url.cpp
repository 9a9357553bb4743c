#include "base/text/base64url.h"

namespace personalize {

void write_base64url(std::string_view bytes, char* out) noexcept {
  const auto byte = [&](std::size_t i) {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
  };
  for (std::size_t i = 0; i < base64url_size(bytes.size()); ++i) {
    const std::size_t bit = i * 6;
    const unsigned pair = byte(bit / 8) << 8U | byte(bit / 8 + 1);
    out[i] = base64url_digits[(pair >> (10 - bit % 8)) & 63U];
  }
}

bool read_base64url(std::string_view text, char* out) noexcept {
  if (text.size() % 4 == 1) {
    return false;
  }
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto value = base64url_digits.find(c);
    if (value == std::string_view::npos) {
      return false;
    }
    bits = (bits << 6U | static_cast<unsigned>(value)) & 0xFFFU;
    count += 6;
    if (count >= 8) {
      count -= 8;
      *out++ = static_cast<char>(bits >> count);
    }
  }
  return (bits & ((1U << count) - 1)) == 0;
}

}  // namespace personalize
