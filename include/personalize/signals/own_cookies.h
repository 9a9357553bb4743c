// The cookies that the module keeps beside the visitor's id.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize {

constexpr std::string_view state_cookie = "pz";              // visitor_state.h
constexpr std::string_view variants_cookie = "pz_variants";  // decision/sticky.h
constexpr std::string_view preview_cookie = "pz-preview";    // preview.h
// Over TLS: a cookie called so comes from this host alone, so that nothing can be put in its way.
constexpr std::string_view host_preview_cookie = "__Host-pz-preview";

constexpr std::string_view own_cookies[] = {state_cookie, variants_cookie, preview_cookie,
                                            host_preview_cookie};

// What all cookies of one response have in common.
struct CookieScope {
  std::string_view domain;  // "" for this host alone
  bool secure = false;
};

enum class CookieReader : bool { server, script };

// Append what follows the value in a Set-Cookie header; or the whole value of one that has the
// browser forget a cookie of that scope. Throw what the string's memory throws.
void append_cookie_attributes(const CookieScope& scope, std::int64_t max_age_s, CookieReader reader,
                              std::pmr::string& out);
void append_cookie_removal(std::string_view name, const CookieScope& scope, std::pmr::string& out);

}  // namespace personalize
