// What a page tells of how it was looked at.
#pragma once

#include <cstdint>

namespace personalize {

// What has come to it since the page told of it last.
struct Attention {
  // Pages tell of it again and again. What says more than these is not believed.
  static constexpr std::uint32_t most_seconds = 3600;
  static constexpr std::uint32_t most_scroll = 100;

  std::uint32_t visible_seconds = 0;
  std::uint32_t scroll = 0;  // how far down it was scrolled, in percent

  bool is_any() const noexcept { return visible_seconds != 0 || scroll != 0; }
};

}  // namespace personalize
