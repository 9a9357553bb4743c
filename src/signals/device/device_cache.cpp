#include "personalize/signals/device_cache.h"

#include <algorithm>
#include <functional>

namespace personalize {

DeviceCache::DeviceCache() : entries_(std::make_unique<std::array<Entry, places>>()) {}

DeviceCache::~DeviceCache() = default;

Device DeviceCache::classify(std::string_view user_agent, std::string_view sec_ch_ua_mobile,
                             const BotRules& rules) noexcept {
  const std::size_t size = user_agent.size() + sec_ch_ua_mobile.size();
  if (size > longest || user_agent.empty()) {
    return classify_device(user_agent, sec_ch_ua_mobile, rules);
  }
  Entry& entry = (*entries_)[std::hash<std::string_view>()(user_agent) % places];
  const std::string_view text(entry.text.data(), entry.size);
  const bool is_it = entry.rules == &rules && entry.size == size &&
                     text.substr(0, user_agent.size()) == user_agent &&
                     text.substr(user_agent.size()) == sec_ch_ua_mobile;
  if (!is_it) {
    entry.rules = &rules;
    entry.size = static_cast<std::uint16_t>(size);
    entry.device = classify_device(user_agent, sec_ch_ua_mobile, rules);
    auto* end = std::copy(user_agent.begin(), user_agent.end(), entry.text.begin());
    std::copy(sec_ch_ua_mobile.begin(), sec_ch_ua_mobile.end(), end);
  }
  return entry.device;
}

}  // namespace personalize
