#include "personalize/signals/beacon.h"

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/text/form.h"

namespace personalize {

namespace {

bool read_number(std::string_view text, std::uint32_t& number) {
  constexpr std::uint32_t most = 0x3FFFFFFF;
  const auto read = read_integer<std::uint32_t>(text);
  number = read.value_or(0);
  return read && number <= most;
}

}  // namespace

std::optional<Beacon> read_beacon(std::string_view body, std::pmr::memory_resource* memory) {
  if (body.empty() || body.size() > Beacon::max_size) {
    return std::nullopt;
  }
  Beacon beacon;
  while (!body.empty()) {
    auto value = ascii::take_until(body, '&');
    const auto name = ascii::take_until(value, '=');
    if (name == "n" || name == "t") {
      if (!read_number(value, name == "n" ? beacon.sequence : beacon.minute)) {
        return std::nullopt;
      }
      continue;
    }
    if (name == "v") {
      beacon.ticket = value;
      continue;
    }
    const auto event = find_campaign_event(name);
    const auto campaign = decode_argument(value, memory);
    const bool is_nameless = campaign.empty() && event != CampaignEvent::conversion;
    if (!event || is_nameless || campaign.size() > Beacon::max_name ||
        beacon.count == Beacon::max_events) {
      return std::nullopt;
    }
    beacon.events[beacon.count++] = {*event, campaign};
  }
  const bool is_empty = beacon.count == 0 && beacon.ticket.empty();
  return is_empty ? std::nullopt : std::optional(beacon);
}

bool is_same_origin(RequestView& request, std::string_view host) noexcept {
  const auto site = request.header("sec-fetch-site");
  if (!site.empty()) {
    return site == "same-origin";
  }
  // Behind a TLS terminator the scheme may differ.
  const auto origin = request.header("origin");
  const auto scheme = origin.find("://");
  return scheme != std::string_view::npos && !host.empty() &&
         ascii::equal_ignoring_case(origin.substr(scheme + 3), host);
}

}  // namespace personalize
