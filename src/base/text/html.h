// Characters that mean something in HTML.
#pragma once

#include <cstdint>
#include <string_view>

namespace personalize {

// Returns the reference that stands for a character in text and in quoted attribute values; "" for
// one that stands for itself.
constexpr std::string_view html_reference(std::uint32_t character) noexcept {
  switch (character) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace personalize
