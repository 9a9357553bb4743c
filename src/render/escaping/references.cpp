#include "render/escaping/references.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace personalize {

void to_character_references(std::pmr::string& html) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(html.begin(), html.end(), is_ascii)) {
    return;
  }

  std::pmr::string out(html.get_allocator());
  out.reserve(html.size() * 2);
  const auto length = static_cast<std::int32_t>(html.size());
  for (std::int32_t i = 0; i < length;) {
    UChar32 c;
    U8_NEXT_OR_FFFD(html.data(), i, length, c);
    if (c < 0x80) {
      out.push_back(static_cast<char>(c));
      continue;
    }
    char digits[8];
    const auto end = std::to_chars(digits, digits + sizeof(digits), c).ptr;
    out.append("&#");
    out.append(digits, end);
    out.push_back(';');
  }
  html = std::move(out);
}

}  // namespace personalize
