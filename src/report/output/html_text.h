// Text inside HTML and SVG.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/text/utf8.h"

namespace personalize::report {

// Escapes for text and quoted attributes. Control characters become U+FFFD.
inline std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto code = take_code_point(text);
    switch (code) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        append_utf8(code < 0x20 || (code >= 0x7f && code < 0xa0) ? replacement_code_point : code,
                    out);
    }
  }
  return out;
}

// A coordinate: a tenth of a pixel is enough.
inline std::string coordinate(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", number);
  return text;
}

}  // namespace personalize::report
