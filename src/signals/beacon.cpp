#include "personalize/signals/beacon.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

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

using Kind = BeaconEvent::Kind;

std::optional<Kind> find_kind(std::string_view name) noexcept {
  static constexpr std::pair<std::string_view, Kind> kinds[] = {
      {"impression", Kind::impression}, {"click", Kind::click},
      {"dismiss", Kind::dismiss},       {"claim", Kind::claim},
      {"conversion", Kind::conversion}, {"answer", Kind::answer},
      {"finish", Kind::finish},         {"lead", Kind::lead}};
  const auto* found = std::find_if(std::begin(kinds), std::end(kinds),
                                   [&](const auto& row) { return row.first == name; });
  return found == std::end(kinds) ? std::nullopt : std::optional(found->second);
}

struct TextRow {
  std::string_view name;
  std::string_view BeaconEvent::*text;
  std::size_t max;
};
constexpr TextRow texts[] = {
    {"slot", &BeaconEvent::slot, Beacon::max_name},
    {"item", &BeaconEvent::item, Beacon::max_name},
    {"list", &BeaconEvent::list, Beacon::max_name},
    {"metric", &BeaconEvent::metric, Beacon::max_name},
    {"currency", &BeaconEvent::currency, Beacon::max_name},
    {"order", &BeaconEvent::order, Beacon::max_name},
    {"items", &BeaconEvent::items, Beacon::max_text},
    {"question", &BeaconEvent::question, Beacon::max_name},
    {"text", &BeaconEvent::text, Beacon::max_text},
};

// Returns the text without control characters, which terminals and spreadsheets that show events
// would obey. `has_lines`: line ends and tabs stay.
std::string_view without_controls(std::string_view text, bool has_lines,
                                  std::pmr::memory_resource* memory) {
  const auto is_control = [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' || byte == 0x7F) && !(has_lines && (c == '\n' || c == '\t'));
  };
  if (std::none_of(text.begin(), text.end(), is_control)) {
    return text;
  }
  auto* clean = static_cast<char*>(memory->allocate(text.size(), 1));
  auto* const end = std::remove_copy_if(text.begin(), text.end(), clean, is_control);
  return {clean, static_cast<std::size_t>(end - clean)};
}

// Adds to the event what `name` says of it. Returns false if that is nothing, or not valid.
bool read_detail(std::string_view name, std::string_view value, BeaconEvent& event,
                 std::pmr::memory_resource* memory) {
  if (name == "position") {
    std::uint32_t position = 0;
    const bool is_valid = read_number(value, position);
    event.position = position;
    return is_valid;
  }
  if (name == "value") {
    event.value = read_decimal(value);
    return event.value && std::isfinite(*event.value);
  }
  const auto* row = std::find_if(std::begin(texts), std::end(texts),
                                 [&](const TextRow& one) { return one.name == name; });
  if (row == std::end(texts) || value.size() > row->max) {
    return false;
  }
  event.*row->text = without_controls(value, row->max == Beacon::max_text, memory);
  return true;
}

// Returns whether it says what it has to.
bool is_whole(const BeaconEvent& event) noexcept {
  const bool is_named = !event.campaign.empty();
  const bool is_of_product = !event.item.empty() || !event.list.empty();
  switch (event.kind) {
    case Kind::impression:
    case Kind::click:
      return is_named || is_of_product;
    case Kind::dismiss:
      return is_named || event.is_dismissal_of_item();
    case Kind::claim:
    case Kind::finish:
      return is_named;
    case Kind::answer:
      return !event.question.empty() && !event.text.empty();
    case Kind::conversion:
    case Kind::lead:
      return true;
  }
  return false;
}

}  // namespace

std::optional<CampaignEvent> BeaconEvent::state_event() const noexcept {
  switch (kind) {
    case Kind::lead:
      return CampaignEvent::conversion;
    case Kind::finish:
      return CampaignEvent::answer;
    default:
      return campaign_event();
  }
}

std::optional<CampaignEvent> BeaconEvent::campaign_event() const noexcept {
  switch (kind) {
    case Kind::impression:
      return CampaignEvent::impression;
    case Kind::click:
      return CampaignEvent::click;
    case Kind::dismiss:
      return is_dismissal_of_item() ? std::nullopt : std::optional(CampaignEvent::dismiss);
    case Kind::claim:
      return CampaignEvent::claim;
    case Kind::conversion:
      // A step on the way, such as add_to_cart, is no conversion of all that the visitor has seen.
      return campaign.empty() && !metric.empty() && metric != "purchase"
                 ? std::nullopt
                 : std::optional(CampaignEvent::conversion);
    case Kind::answer:
    case Kind::finish:
    case Kind::lead:
      break;
  }
  return std::nullopt;
}

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
    if (name == "visible" || name == "scroll") {
      const bool is_time = name == "visible";
      std::uint32_t& sum = is_time ? beacon.attention.visible_seconds : beacon.attention.scroll;
      if (!read_number(value, sum)) {
        return std::nullopt;
      }
      sum = std::min(sum, is_time ? Attention::most_seconds : Attention::most_scroll);
      continue;
    }
    if (name == "v") {
      beacon.ticket = value;
      continue;
    }
    const auto text = decode_argument(value, memory);
    const auto kind = find_kind(name);
    if (!kind) {
      if (beacon.count == 0 || !read_detail(name, text, beacon.events[beacon.count - 1], memory)) {
        return std::nullopt;
      }
      continue;
    }
    if (text.size() > Beacon::max_name || beacon.count == Beacon::max_events) {
      return std::nullopt;
    }
    beacon.events[beacon.count].kind = *kind;
    beacon.events[beacon.count++].campaign = text;
  }
  if (!std::all_of(beacon.events.begin(), beacon.events.begin() + beacon.count, is_whole)) {
    return std::nullopt;
  }
  return beacon.is_empty() ? std::nullopt : std::optional(beacon);
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
