// Text as JavaScript sees it.
#pragma once

#include <cstdint>
#include <string_view>

namespace personalize {

// Takes one code point off UTF-8 (RFC 3629). A byte that begins none counts as U+FFFD.
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
      return 0xFFFD;
    }
  }
  rest.remove_prefix(length);
  return code;
}

// Calls `visit(unit)` for each UTF-16 code unit of the UTF-8 text. Inlined, so that what `visit`
// adds up stays in a register: hashing is a fifth of a decision otherwise.
template <typename Visit>
[[gnu::always_inline]] inline void for_each_utf16_unit(std::string_view text, Visit visit) {
  while (!text.empty()) {
    // Most texts are ASCII all through.
    std::size_t ascii = 0;
    for (; ascii < text.size() && static_cast<signed char>(text[ascii]) >= 0; ++ascii) {
      visit(static_cast<unsigned char>(text[ascii]));
    }
    text.remove_prefix(ascii);
    if (text.empty()) {
      return;
    }
    const std::uint32_t code = take_code_point(text);
    if (code < 0x10000) {
      visit(code);
    } else {
      visit(0xD800 + ((code - 0x10000) >> 10));
      visit(0xDC00 + ((code - 0x10000) & 0x3FF));
    }
  }
}

}  // namespace personalize
