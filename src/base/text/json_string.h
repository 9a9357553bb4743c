// Text as a string of JSON (RFC 8259).
#pragma once

#include <cstddef>
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

// Replaces U+0000 in the strings of valid JSON, from `begin` on, by U+FFFD, which is as long:
// databases refuse it.
template <class String>
void replace_nul_in_json(String& json, std::size_t begin) {
  constexpr std::string_view nul = "\\u0000";
  constexpr std::string_view replacement = "\\ufffd";
  for (std::size_t i = json.find('\\', begin); i != String::npos; i = json.find('\\', i + 2)) {
    if (json.compare(i, nul.size(), nul.data(), nul.size()) == 0) {
      json.replace(i, nul.size(), replacement.data(), replacement.size());
    }
  }
}

}  // namespace personalize
