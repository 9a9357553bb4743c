// What is inside a cookie: the answers of consent tools, a cart, flags. They are kept as JSON or as
// pairs of names and values, mostly percent-encoded:
//
//   klaro=%7B%22analytics%22%3Atrue%7D                        analytics         → true
//   OptanonConsent=isGpcEnabled=0&groups=C0001%3A1%2CC0002%3A0   groups            →
//   "C0001:1,C0002:0"
//                                                             groups.C0002      → "0"
//   CookieConsent={stamp:%27x%27%2Cmarketing:false}           marketing         → "false"
//   cookieyes-consent=consent:yes,analytics:no                analytics         → "no"
//   tarteaucitron=!analytics=true!ads=false                   ads               → "false"
#pragma once

#include <memory_resource>
#include <string_view>

#include "personalize/base/value.h"

namespace personalize {

// Returns what is at the path, names with dots between, inside a cookie's value as it was sent;
// missing if there is nothing. It lives as long as the cookie and `memory`, whose exceptions pass.
Value find_in_cookie(std::string_view cookie, std::string_view path,
                     std::pmr::memory_resource* memory);

}  // namespace personalize
