// UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace personalize {

// Takes the place of bytes that are not UTF-8.
constexpr std::uint32_t replacement_code_point = 0xFFFD;
constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

// Takes one code point off `rest`, which is not empty. A byte that begins none counts as U+FFFD.
inline std::uint32_t take_code_point(std::string_view& rest) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  const std::uint32_t first = byte(0);
  std::size_t length = 1;
  std::uint32_t code = first;
  std::uint32_t least = 0;
  if (first >= 0x80) {
    length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
    code = first & (0xFFU >> (length + 1));
    bool valid = first >= 0xC2 && first <= 0xF4 && length <= rest.size();
    for (std::size_t i = 1; valid && i < length; ++i) {
      valid = (byte(i) & 0xC0) == 0x80;
      code = code << 6 | (byte(i) & 0x3FU);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (!valid || code < least || code > 0x10FFFF || surrogate) {
      rest.remove_prefix(1);
      return replacement_code_point;
    }
  }
  rest.remove_prefix(length);
  return code;
}

// Appends a code point that UTF-8 can hold: at most 0x10FFFF, and no surrogate.
template <class String>
void append_utf8(std::uint32_t code, String& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

}  // namespace personalize
