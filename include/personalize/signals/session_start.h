// What a page view contributes to the visitor's session: how it would begin, and what the page
// adds.
#pragma once

#include <array>
#include <memory_resource>
#include <string_view>

#include "personalize/attributes/attribute.h"
#include "personalize/attributes/page.h"
#include "personalize/base/value.h"
#include "personalize/signals/request_view.h"

namespace personalize {

// How a session begins, from the request for its first page. "" if unknown. Each is cut to a length
// that an honest one does not exceed.
struct SessionStart {
  std::string_view landing_path, referer_host, utm_source, utm_medium, utm_campaign;
  std::array<std::string_view, SessionNames::most_args> args;  // by SessionNames::args
};

// Reads the start of a session from a request. If a page of the same host led here, the session
// began on that page: it is the one on which the visitor got the cookie, since nothing is kept
// before the cookie has come back. `names` has further arguments to keep; nullptr for none. Views
// into the request and `memory`; throws what `memory` throws.
SessionStart read_session_start(RequestView& request, std::pmr::memory_resource* memory,
                                const SessionNames* names = nullptr);

// What personalize_page says that concerns the session. "" if it is not given, or is longer than
// what is kept.
struct SessionPage {
  std::string_view type;                    // one of page_types
  std::string_view item, price;             // of a page with type=product
  std::string_view category, brand;         // of a page with type=product or type=category
  std::string_view cart_value, cart_items;  // of a page with type=cart or type=checkout
  // Of a page with type=order that says which order it is.
  std::string_view order, order_value, order_items;
  std::array<std::string_view, SessionNames::most_counts> counts;  // by SessionNames::counts
};
// `names` has the fields that are counted; nullptr for none.
SessionPage session_page(const std::array<Value, page_fields.size()>& page,
                         const SessionNames* names = nullptr) noexcept;

}  // namespace personalize
