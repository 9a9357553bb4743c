// Text as JavaScript sees it: UTF-16 code units.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/text/utf8.h"

namespace personalize {

// Calls `visit(unit)` for each UTF-16 code unit of the UTF-8 text. Inlined, so that what `visit`
// accumulates stays in a register: otherwise hashing takes a fifth of a decision.
template <typename Visit>
[[gnu::always_inline]] inline void for_each_utf16_unit(std::string_view text, Visit visit) {
  while (!text.empty()) {
    // Most strings are all ASCII.
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
