// Who may force what a browser is shown: a signed link, and the cookie that it leaves.
//
// Both say the items (forcing.h) and when they end, in seconds since 1970, and have one signature:
// HMAC-SHA256 in hex over "personalize preview 1\nEXPIRES\nITEMS". scripts/preview-link makes it.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/signals/own_cookies.h"

namespace personalize {

// Bytes of a preview's items.
constexpr std::size_t max_preview_items = 1024;

// Takes the next of the items, which have `;` between them, from the front of `rest`.
inline std::string_view take_preview_item(std::string_view& rest) noexcept {
  const auto end = rest.find(';');
  const auto item = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return item;
}

struct PreviewGrant {
  std::string_view items;
  std::int64_t expires_s = 0;
};

class PreviewSecret {
 public:
  static constexpr std::string_view cookie_name = preview_cookie;
  static constexpr std::int64_t longest_s = std::int64_t{31} * 86400;

  // The first key signs, all of them verify; as SecretFile has them.
  explicit PreviewSecret(std::vector<std::string> keys) : keys_(std::move(keys)) {}

  // What a link's arguments grant; nothing where the signature is not ours, or it is over, or ends
  // later than a preview may last. Compares in constant time.
  std::optional<PreviewGrant> check(std::string_view items, std::string_view expires,
                                    std::string_view signature, std::int64_t now_s) const noexcept;
  // The same of the cookie's value; what is decoded is in `memory`. Throws what that throws.
  std::optional<PreviewGrant> read_cookie(std::string_view value, std::int64_t now_s,
                                          std::pmr::memory_resource* memory) const;

  // 64 digits; "" where it cannot be made.
  std::string sign(std::string_view items, std::int64_t expires_s) const;

  // Append the Set-Cookie value that gives the browser the grant or takes it back. Throw bad_alloc.
  void set_cookie(const PreviewGrant& grant, std::int64_t now_s, bool secure,
                  std::pmr::string& out) const;
  static void remove_cookie(bool secure, std::pmr::string& out);

 private:
  std::vector<std::string> keys_;
};

// Where a link leads to: a path of the same site; "/" for anything else.
std::string_view preview_target(std::string_view to) noexcept;

}  // namespace personalize
