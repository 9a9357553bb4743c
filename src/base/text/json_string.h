// Text as a string of JSON (RFC 8259).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/text/utf8.h"

namespace personalize {

// Appends a text with quotes around it. Bytes that are not UTF-8 become U+FFFD; control characters
// and DEL, which may command a terminal, are escaped.
template <class String>
void append_json_string(std::string_view text, String& out) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const std::uint32_t code = take_code_point(text);
    if (code == '"' || code == '\\') {
      out += '\\';
      out += static_cast<char>(code);
    } else if (code < 0x20 || code == 0x7F) {
      out += "\\u00";
      out += hex[code >> 4U];
      out += hex[code & 0xFU];
    } else {
      append_utf8(code, out);
    }
  }
  out += '"';
}

}  // namespace personalize
