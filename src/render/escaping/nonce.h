// The nonce of a Content-Security-Policy, in a tag.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize {

// Appends ` nonce="…"`, or nothing if there is none. A nonce is base64: there is nothing to escape.
inline void append_nonce(std::string_view nonce, std::pmr::string& out) {
  if (!nonce.empty()) {
    out += " nonce=\"";
    out += nonce;
    out += '"';
  }
}

}  // namespace personalize
