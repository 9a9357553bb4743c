// The items that a visitor has clicked in lists, and how the event of what is bought later names
// these lists. A visitor's clicks are a list at pz:clicked:<id>, the latest first; each is an
// object:
//
//   {"i": "sku-1", "l": "similar", "p": 3, "t": 1764460800}
//
// the item, the list, the place in it from 1 (if it is known), and when (seconds since 1970).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "personalize/redis/command.h"
#include "personalize/redis/reply.h"

namespace personalize {

constexpr std::string_view item_clicks_head = "pz:clicked:";
constexpr std::uint32_t item_clicks_kept = 100;
// A click names the list of what is bought so long afterwards.
constexpr std::int64_t keep_item_clicks_s = std::int64_t{30} * 86400;
// Longer items of a conversion are left as they are.
constexpr std::size_t longest_named_items = 16384;

struct ItemClick {
  std::string_view item;
  std::string_view list;
  std::optional<std::uint32_t> position;  // from 1
};

// Appends what is kept of a click. Throws what `out` throws.
void append_item_click(const ItemClick& click, std::int64_t now_s, std::pmr::string& out);

// Returns the command that asks for a visitor's clicks. Its words live as long as `memory`. Throws
// what that throws.
Command ask_item_clicks(std::string_view visitor, std::pmr::memory_resource* memory);

// Returns the items of a conversion (item_ids.h) as JSON, in which each item that the visitor has
// clicked in a list names that as GA4 does: `"item_list_id": "similar", "index": 3`. What the shop
// says of lists itself stays. "" if none was clicked in one: then the items stay as they are.
// `clicks` is the reply to ask_item_clicks(), which may be anything; the last click on an item
// counts. Throws what `memory` throws.
std::pmr::string name_item_lists(std::string_view items, const RedisReply& clicks,
                                 std::int64_t now_s, std::pmr::memory_resource* memory);

}  // namespace personalize
