// Names come from events, some of them from browsers: nothing in them may command a terminal or a
// page.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/text/html.h"
#include "base/text/utf8.h"

namespace personalize::report {

// Whether a character prints nothing but changes what is around it: control characters, and those
// that turn the direction of writing.
inline bool is_unprintable(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
         (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

// Returns the text with U+FFFD in the place of what is unprintable.
inline std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto code = take_code_point(text);
    append_utf8(is_unprintable(code) ? replacement_code_point : code, out);
  }
  return out;
}

// Escapes for HTML's text and quoted attributes, printable as well.
inline std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto code = take_code_point(text);
    const auto reference = html_reference(code);
    if (reference.empty()) {
      append_utf8(is_unprintable(code) ? replacement_code_point : code, out);
    } else {
      out += reference;
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
