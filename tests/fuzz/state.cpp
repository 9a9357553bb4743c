// The cookie of what a visitor saw, and reports of the runtime script: whatever comes, what is kept
// and given back stays within its bounds and is read again as it was.
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/signals/beacon.h"
#include "personalize/signals/visitor_state.h"

using namespace personalize;

namespace {

constexpr std::int64_t now_ms = 1795176000000;

std::pmr::string written(const VisitorState& state) {
  std::pmr::string out;
  state.write(out);
  if (out.size() > VisitorState::max_size) std::abort();
  for (const char c : out) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '~';
    if (!plain) std::abort();
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The cookie, then the report, with a line's end between.
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = input.find('\n');
  const auto cookie = input.substr(0, end);
  const auto body = end == std::string_view::npos ? std::string_view() : input.substr(end + 1);

  std::pmr::monotonic_buffer_resource memory;
  const auto beacon = read_beacon(body, &memory);
  VisitorState state(&memory);
  state.read(cookie, now_ms, beacon ? beacon->minute : 0);
  if (beacon) {
    const bool is_empty = beacon->count == 0 && beacon->ticket.empty();
    if (is_empty || beacon->count > Beacon::max_events) std::abort();
    for (std::size_t i = 0; i < beacon->count; ++i) {
      const std::string_view name = beacon->events[i].campaign;
      const auto event = beacon->events[i].campaign_event();
      if (name.size() > Beacon::max_name) std::abort();
      if (!event) continue;
      if (!name.empty()) {
        state.apply(*event, campaign_key(name));
        const auto* history = state.find(campaign_key(name));
        // One that was only dismissed has no impressions, but a time.
        if (history == nullptr || history->last(*event) != now_ms / 60000) std::abort();
      } else if (*event == CampaignEvent::conversion) {
        state.convert_all();
      }
    }
  }

  const auto first = written(state);
  VisitorState again(&memory);
  again.read(first, now_ms);
  if (written(again) != first) std::abort();
  return 0;
}
