// The devices of clients that a worker has seen lately.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "personalize/signals/device.h"

namespace personalize {

// A User-Agent takes as long to read as everything else that is decided for a page, and most
// clients send one of a few.
class DeviceCache {
 public:
  // Throws bad_alloc.
  DeviceCache();
  ~DeviceCache();

  // Returns what classify_device() returns. `rules` outlive the cache, and do not change.
  Device classify(std::string_view user_agent, std::string_view sec_ch_ua_mobile,
                  const BotRules& rules) noexcept;

 private:
  // Longer ones are read each time.
  static constexpr std::size_t longest = 256;
  static constexpr std::size_t places = 256;

  struct Entry {
    const BotRules* rules = nullptr;  // nullptr for none
    std::uint16_t size = 0;
    Device device = Device::unknown;
    std::array<char, longest> text;  // the User-Agent, then Sec-CH-UA-Mobile
  };
  // By hash: one takes the place of another that falls to the same.
  std::unique_ptr<std::array<Entry, places>> entries_;
};

}  // namespace personalize
