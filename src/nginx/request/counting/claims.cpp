#include "nginx/request/counting/claims.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/text/ascii.h"
#include "base/text/percent.h"

namespace personalize {

namespace {

// https://developers.google.com/analytics/devguides/collection/ga4/reference/events, as far as they
// are what a visitor does.
constexpr std::string_view ga4_metrics[] = {
    "add_payment_info", "add_shipping_info", "add_to_cart", "add_to_wishlist", "begin_checkout",
    "generate_lead",    "join_group",        "login",       "purchase",        "remove_from_cart",
    "search",           "select_item",       "share",       "sign_up",         "tutorial_complete",
    "view_cart",        "view_item"};

// The metric of a conversion that says no more than that it is one.
constexpr std::string_view plain_conversion = "conversion";

// Returns nothing for what the answers before it tell, too.
std::optional<EventKind> kind_of(BeaconEvent::Kind kind) noexcept {
  switch (kind) {
    case BeaconEvent::Kind::impression:
      return EventKind::impression;
    case BeaconEvent::Kind::click:
      return EventKind::click;
    case BeaconEvent::Kind::dismiss:
      return EventKind::dismiss;
    case BeaconEvent::Kind::claim:
      return EventKind::claim;
    case BeaconEvent::Kind::conversion:
      return EventKind::conversion;
    case BeaconEvent::Kind::answer:
      return EventKind::answer;
    case BeaconEvent::Kind::lead:
      return EventKind::lead;
    case BeaconEvent::Kind::finish:
      break;
  }
  return std::nullopt;
}

Event event_of(EventKind kind, const BeaconEvent& said) noexcept {
  Event event;
  event.kind = kind;
  event.is_claimed = true;
  event.campaign = said.campaign;
  event.slot = said.slot;
  event.item = said.item;
  event.list = said.list;
  event.position = said.position;
  event.metric = said.metric;
  event.value = said.value;
  event.currency = said.currency;
  event.order = said.order;
  event.items = said.items;
  event.question = said.question;
  event.answer = said.text;
  return event;
}

}  // namespace

bool is_known_metric(const MainConf& main, std::string_view metric) noexcept {
  return std::binary_search(main.metrics.begin(), main.metrics.end(), metric, std::less<>()) ||
         std::find(std::begin(ga4_metrics), std::end(ga4_metrics), metric) != std::end(ga4_metrics);
}

void write_claims(const Beacon& beacon, RequestEvents& events) noexcept {
  for (std::size_t i = 0; i < beacon.count; ++i) {
    const auto kind = kind_of(beacon.events[i].kind);
    if (!kind) {
      continue;
    }
    Event event = event_of(*kind, beacon.events[i]);
    if (event.kind != EventKind::conversion) {
      events.write_claim(event);
      continue;
    }
    event.metric = event.metric.empty() ? plain_conversion : event.metric;
    events.write_conversion(event);
  }
}

std::string_view target_of_referer(RequestView& request, std::string_view host) noexcept {
  std::string_view referer = request.header("referer");
  const auto scheme = referer.find("://");
  if (scheme == std::string_view::npos) {
    return {};
  }
  referer.remove_prefix(scheme + 3);
  const auto slash = referer.find('/');
  if (slash == std::string_view::npos ||
      !ascii::equal_ignoring_case(referer.substr(0, slash), host)) {
    return {};
  }
  return referer.substr(slash, referer.find('#') - slash);
}

std::string_view path_of_referer(RequestView& request, std::string_view host,
                                 std::pmr::memory_resource* memory) {
  const auto target = target_of_referer(request, host);
  return percent_decode(target.substr(0, target.find('?')), memory);
}

}  // namespace personalize
