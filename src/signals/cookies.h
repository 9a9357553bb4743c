// Iteration over the cookies of a request.
#pragma once

#include <optional>
#include <string_view>

#include "base/text/ascii.h"
#include "personalize/signals/request_view.h"

namespace personalize {

// Calls `visit(value)` for each cookie for whose name `is_meant(name)` holds, in the order sent,
// until it returns true. Returns whether it did.
//
// Reads what RFC 6265 section 4.2.1 has browsers send, and is as lenient as servers are: any or no
// space around `;`, names are case-sensitive, a piece without `=` is not a cookie. Double quotes
// around a value are taken off, since most frameworks add them to values with a space or comma.
template <typename IsMeant, typename Visit>
bool for_each_cookie_of(RequestView& request, IsMeant is_meant, Visit visit) {
  for (std::size_t i = 0;; i++) {
    const auto header = request.cookie_header(i);
    if (!header) {
      return false;
    }
    for (std::string_view rest = *header; !rest.empty();) {
      const auto pair = ascii::take_until(rest, ';');
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos || !is_meant(ascii::trim(pair.substr(0, equals)))) {
        continue;
      }
      auto value = ascii::trim(pair.substr(equals + 1));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      if (visit(value)) {
        return true;
      }
    }
  }
}

// Does the same for the cookies called `name`.
template <typename Visit>
bool for_each_cookie(RequestView& request, std::string_view name, Visit visit) {
  return for_each_cookie_of(
      request, [name](std::string_view one) { return one == name; }, visit);
}

}  // namespace personalize
