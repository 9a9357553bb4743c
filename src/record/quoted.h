// Foreign text in what personalize_status answers.
#pragma once

#include <string>
#include <string_view>

namespace personalize {

// For a label of Prometheus' and for a string of JSON: what either must not hold, they escape
// alike.
inline void append_quoted(std::string_view text, std::pmr::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  out += '"';
}

}  // namespace personalize
