#include "personalize/signals/own_cookies.h"

#include <array>
#include <charconv>

#include "base/text/ascii.h"

namespace personalize {

bool has_secure_prefix(std::string_view cookie) noexcept {
  return ascii::starts_with(cookie, "__Host-") || ascii::starts_with(cookie, "__Secure-");
}

void append_cookie_attributes(const CookieScope& scope, std::int64_t max_age_s, CookieReader reader,
                              std::pmr::string& out, std::string_view same_site) {
  out += "; Path=/";
  if (!scope.domain.empty()) {
    out += "; Domain=";
    out += scope.domain;
  }
  std::array<char, 20> number;
  const auto result = std::to_chars(number.data(), number.data() + number.size(), max_age_s);
  out += "; Max-Age=";
  out.append(number.data(), result.ptr);
  out += reader == CookieReader::server ? "; HttpOnly" : "";
  out += "; SameSite=";
  out += same_site;
  out += scope.secure ? "; Secure" : "";
}

void append_cookie_removal(std::string_view name, const CookieScope& scope, std::pmr::string& out,
                           CookieReader reader, std::string_view same_site) {
  out += name;
  out += '=';
  append_cookie_attributes({scope.domain, scope.secure || has_secure_prefix(name)}, 0, reader, out,
                           same_site);
}

}  // namespace personalize
