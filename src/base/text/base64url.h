// Base64url (RFC 4648, section 5) without padding.
#pragma once

#include <cstddef>
#include <string_view>

namespace personalize {

// The digits from 0 to 63.
constexpr std::string_view base64url_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::size_t base64url_size(std::size_t bytes) noexcept {
  return (bytes * 8 + 5) / 6;
}
constexpr std::size_t base64url_bytes(std::size_t size) noexcept {
  return size * 6 / 8;
}

// Writes base64url_size(bytes.size()) characters to `out`.
void write_base64url(std::string_view bytes, char* out) noexcept;

// Writes base64url_bytes(text.size()) bytes to `out`. Returns false if it is not base64url: a
// character that it does not have, a length that no bytes have, or bits left over that are not 0.
bool read_base64url(std::string_view text, char* out) noexcept;

}  // namespace personalize
