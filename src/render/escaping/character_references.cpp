#include "personalize/render/character_references.h"

#include <algorithm>
#include <charconv>

#include "base/text/utf8.h"

namespace personalize {

void to_character_references(std::pmr::string& html) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(html.begin(), html.end(), is_ascii)) {
    return;
  }

  std::pmr::string out(html.get_allocator());
  out.reserve(html.size() * 2);
  for (std::string_view rest = html; !rest.empty();) {
    const auto code = take_code_point(rest);
    if (code < 0x80) {
      out.push_back(static_cast<char>(code));
      continue;
    }
    char digits[8];
    const auto end = std::to_chars(digits, digits + sizeof(digits), code).ptr;
    out.append("&#");
    out.append(digits, end);
    out.push_back(';');
  }
  html = std::move(out);
}

}  // namespace personalize
