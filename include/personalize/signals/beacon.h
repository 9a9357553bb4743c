// What the runtime script tells of a page that was shown.
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
  // Its name; "" for a conversion of whatever the visitor has seen.
  std::string_view campaign;
};

// The body of a request to ENDPOINT/e, as a form sends it (application/x-www-form-urlencoded):
//
//   n=SEQUENCE&t=MINUTE&impression=NAME&click=NAME&dismiss=NAME&conversion=NAME&…
//
// in any order. SEQUENCE is that of the cookie into which the script has put these events, 0 or
// nothing where it has not; MINUTE is the time (since 1970) by the browser's clock.
struct Beacon {
  static constexpr std::size_t max_size = 4096;
  static constexpr std::size_t max_events = 32;
  static constexpr std::size_t max_name = 128;

  std::uint32_t sequence = 0;
  std::uint32_t minute = 0;
  std::array<BeaconEvent, max_events> events;
  std::size_t count = 0;
};

// Nothing where the body is none of that, or larger than allowed. Names lie in `body` or `memory`.
// Throws bad_alloc.
std::optional<Beacon> read_beacon(std::string_view body, std::pmr::memory_resource* memory);

// Whether a page of this very site sent the request: Sec-Fetch-Site says so, or for browsers that
// send none, Origin. A request that tells neither is refused.
bool is_same_origin(RequestView& request, std::string_view host) noexcept;

}  // namespace personalize
