#include "personalize/render/character_references.h"

#include <charconv>

#include "base/text/ascii.h"
#include "base/text/utf8.h"

namespace personalize {

void to_character_references(std::pmr::string& html) {
  if (ascii::is_ascii(html)) {
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
