// The cookies that the module keeps beside the visitor's id.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize {

constexpr std::string_view state_cookie = "pz";              // visitor_state.h
constexpr std::string_view variants_cookie = "pz_variants";  // decision/sticky.h
constexpr std::string_view person_cookie = "pz_person";      // nginx/request/visitor/sign_in.h
constexpr std::string_view preview_cookie = "pz-preview";    // preview.h
// Over TLS: a cookie called so comes from this host alone, so that nothing can be put in its way.
constexpr std::string_view host_preview_cookie = "__Host-pz-preview";

constexpr std::string_view own_cookies[] = {state_cookie, variants_cookie, person_cookie,
                                            preview_cookie, host_preview_cookie};

// Returns whether browsers keep a cookie of that name, and let it be removed, only if it is Secure.
bool has_secure_prefix(std::string_view cookie) noexcept;

// What all cookies of one response have in common.
struct CookieScope {
  std::string_view domain;  // "" for this host alone
  bool secure = false;
};

enum class CookieReader : bool { server, script };

// Appends what follows the value in a Set-Cookie header. Throws what the string's memory throws.
void append_cookie_attributes(const CookieScope& scope, std::int64_t max_age_s, CookieReader reader,
                              std::pmr::string& out, std::string_view same_site = "Lax");

// Appends the whole value of a Set-Cookie header that has the browser forget a cookie of that
// scope. Browsers heed it only if they would keep a cookie with its attributes, so that these must
// be as they were when it was given. Throws what the string's memory throws.
void append_cookie_removal(std::string_view name, const CookieScope& scope, std::pmr::string& out,
                           CookieReader reader = CookieReader::server,
                           std::string_view same_site = "Lax");

}  // namespace personalize
