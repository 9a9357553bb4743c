// The report of the runtime script about a page that was shown.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "personalize/signals/attention.h"
#include "personalize/signals/request_view.h"
#include "personalize/signals/visitor_state.h"

namespace personalize {

struct BeaconEvent {
  enum class Kind : std::uint8_t {
    impression,
    click,
    dismiss,
    claim,
    conversion,
    answer,  // to one question
    finish,  // the last question was left
    lead
  };

  Kind kind = Kind::impression;
  // Its name. "" for a conversion of every campaign that the visitor has seen, and for what is no
  // campaign's: an answer, a lead, a product that was seen or clicked.
  std::string_view campaign;
  // What else is said of the event; "" where nothing is.
  std::string_view slot;
  std::string_view item;
  std::string_view list;
  std::optional<std::uint32_t> position;
  std::string_view metric;
  std::optional<double> value;
  std::string_view currency;
  std::string_view order;
  std::string_view items;
  std::string_view question;
  std::string_view text;

  // Returns whether the visitor does not want to see an item again. The campaign that shows it
  // stays.
  bool is_dismissal_of_item() const noexcept { return kind == Kind::dismiss && !item.empty(); }
  // Returns what it is to the counts of the campaign, if it is anything.
  std::optional<CampaignEvent> campaign_event() const noexcept;
  // Returns the same for the visitor's state: whoever has sent a form, or come to the end of the
  // questions, has done what the campaign asks for.
  std::optional<CampaignEvent> state_event() const noexcept;
};

// The body of a request to ENDPOINT/e, encoded as a form (application/x-www-form-urlencoded):
//
//   n=SEQUENCE&t=MINUTE&impression=NAME&click=NAME&dismiss=NAME&claim=NAME&conversion=NAME&…
//
// What belongs to an event follows it:
//
//   click=NAME&item=sku-1&list=similar&position=3
//   conversion=&metric=purchase&value=19.90&currency=EUR&order=1001&items=sku-1
//   dismiss=&item=sku-1&list=similar
//   answer=NAME&question=why&text=Too+dear
//   finish=NAME
//   lead=NAME
//
// or, of a page that was prefetched and is now looked at (view_ticket.h):
//
//   v=TICKET
//
// or, of a page that was looked at for so many seconds more, and scrolled down by so many percent
// more (attention.js):
//
//   visible=SECONDS&scroll=PERCENT
//
// in any order otherwise. SEQUENCE is that of the cookie into which the script has written these
// events, 0 or absent if it has written none. MINUTE is the time, in minutes since 1970, by the
// browser's clock.
struct Beacon {
  static constexpr std::size_t max_size = 4096;
  static constexpr std::size_t max_events = 32;
  static constexpr std::size_t max_name = 128;
  static constexpr std::size_t max_text = 1024;  // of an answer, and of items

  std::uint32_t sequence = 0;
  std::uint32_t minute = 0;
  std::array<BeaconEvent, max_events> events;
  std::size_t count = 0;
  std::string_view ticket;  // "" for none
  Attention attention;

  // Returns whether it tells of nothing that is to be counted.
  bool is_empty() const noexcept { return count == 0 && ticket.empty() && !attention.is_any(); }
};

// Reads such a body. Nothing if it is anything else, or exceeds a limit. Names are views into
// `body` or `memory`. Throws what `memory` throws.
std::optional<Beacon> read_beacon(std::string_view body, std::pmr::memory_resource* memory);

// Returns whether a page of this very site sent the request, by Sec-Fetch-Site, or by Origin for
// browsers that do not send that. False for a request with neither.
bool is_same_origin(RequestView& request, std::string_view host) noexcept;

}  // namespace personalize
