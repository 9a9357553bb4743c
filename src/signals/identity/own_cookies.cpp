#include "personalize/signals/own_cookies.h"

#include <array>
#include <charconv>

namespace personalize {

void append_cookie_attributes(const CookieScope& scope, std::int64_t max_age_s, CookieReader reader,
                              std::pmr::string& out) {
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
  out += "; SameSite=Lax";
  out += scope.secure ? "; Secure" : "";
}

void append_cookie_removal(std::string_view name, const CookieScope& scope, std::pmr::string& out) {
  out += name;
  out += '=';
  append_cookie_attributes(scope, 0, CookieReader::server, out);
}

}  // namespace personalize
