// The report of the runtime script about a page that was shown.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "personalize/signals/request_view.h"
#include "personalize/signals/visitor_state.h"

namespace personalize {

struct BeaconEvent {
  CampaignEvent event = CampaignEvent::impression;
  // Its name; "" for a conversion of every campaign that the visitor has seen.
  std::string_view campaign;
};

// The body of a request to ENDPOINT/e, encoded as a form (application/x-www-form-urlencoded):
//
//   n=SEQUENCE&t=MINUTE&impression=NAME&click=NAME&dismiss=NAME&conversion=NAME&…
//
// or, of a page that was prefetched and is now looked at (view_ticket.h):
//
//   v=TICKET
//
// in any order. SEQUENCE is that of the cookie into which the script has written these events, 0 or
// absent if it has written none. MINUTE is the time, in minutes since 1970, by the browser's clock.
struct Beacon {
  static constexpr std::size_t max_size = 4096;
  static constexpr std::size_t max_events = 32;
  static constexpr std::size_t max_name = 128;

  std::uint32_t sequence = 0;
  std::uint32_t minute = 0;
  std::array<BeaconEvent, max_events> events;
  std::size_t count = 0;
  std::string_view ticket;  // "" for none
};

// Reads such a body. Nothing if it is anything else, or exceeds a limit. Names are views into
// `body` or `memory`. Throws what `memory` throws.
std::optional<Beacon> read_beacon(std::string_view body, std::pmr::memory_resource* memory);

// Returns whether a page of this very site sent the request, by Sec-Fetch-Site, or by Origin for
// browsers that do not send that. False for a request with neither.
bool is_same_origin(RequestView& request, std::string_view host) noexcept;

}  // namespace personalize
