// personalize_learn, as read: what is learned, and how long it counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/config_error.h"
#include "personalize/learn/fading.h"

namespace personalize {

// personalize_learn [half_life=3d] [keep=30d] [by=category,brand,country] [top=200]
//   [items=item:${id}]
struct LearnOptions {
  std::int64_t half_life_s = std::int64_t{3} * 86400;  // of trending items and bestsellers
  std::int64_t keep_s = std::int64_t{30} * 86400;      // a key that nothing is added to
  std::uint32_t top = 200;                             // how many items a key names
  // Of what there are lists of their own.
  bool by_category = false;
  bool by_brand = false;
  bool by_country = false;
  // Where the catalogue has an item: the key without the id in it. Others are not learned.
  struct ItemKey {
    std::string before;
    std::string after;
  };
  std::optional<ItemKey> items;

  // Of trending items and bestsellers; and of what is looked at or bought together, which changes
  // more slowly.
  Fading of_rankings() const noexcept { return {half_life_s, keep_s}; }
  Fading of_pairs() const noexcept { return {keep_s / 2, 16 * keep_s}; }
};

// Reads the directive's parameters. Throws ConfigError.
LearnOptions parse_learn(const std::vector<std::string_view>& parameters, const Where& where);

}  // namespace personalize
