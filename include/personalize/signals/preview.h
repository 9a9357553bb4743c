// Signed links that force what one browser is shown, and the cookie that such a link sets.
//
// Both contain the items (decision/forcing.h) and the time when they end, in seconds since 1970,
// and have one signature: HMAC-SHA256, in hex, over "personalize preview 2\nHOST\nEXPIRES\nITEMS".
// HOST is the site's name in lower case, without port: with one key for several sites, a link is
// good at the one that it was made for. scripts/preview-link makes links.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/signals/own_cookies.h"
#include "personalize/signals/request_view.h"

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

// Signs and checks links and cookies. `host` is the request's host everywhere; its case and port do
// not matter.
class PreviewSecret {
 public:
  static constexpr std::int64_t longest_s = std::int64_t{31} * 86400;

  // Keys as of SecretFile: the first one signs, all of them verify.
  explicit PreviewSecret(std::vector<std::string> keys) : keys_(std::move(keys)) {}

  // Returns what a link's arguments grant; nothing if the signature is not ours, its time is over,
  // or it ends later than a preview may last. Compares in constant time.
  std::optional<PreviewGrant> check(std::string_view host, std::string_view items,
                                    std::string_view expires, std::string_view signature,
                                    std::int64_t now_s) const noexcept;
  // Returns what the value of a cookie grants. Decodes into `memory`; throws what that throws.
  std::optional<PreviewGrant> read_cookie(std::string_view host, std::string_view value,
                                          std::int64_t now_s,
                                          std::pmr::memory_resource* memory) const;
  // Returns what the first valid one of the request's cookies grants, those of the host before
  // others. `is_void` is set to whether all of them are invalid.
  std::optional<PreviewGrant> find(RequestView& request, std::pmr::memory_resource* memory,
                                   bool& is_void) const;

  // Returns 64 digits; "" if it cannot be signed.
  std::string sign(std::string_view host, std::string_view items, std::int64_t expires_s) const;

  // Appends the value of the Set-Cookie header that gives the browser the grant: of this host
  // alone, since the signature is, under a name that says so if the cookie is secure. Throws what
  // the string's memory throws.
  void set_cookie(std::string_view host, const PreviewGrant& grant, std::int64_t now_s, bool secure,
                  std::pmr::string& out) const;

 private:
  std::vector<std::string> keys_;
};

// Returns where a link leads to: `to` if it is a path of the same site, else "/".
std::string_view preview_target(std::string_view to) noexcept;

}  // namespace personalize
