// The ids of items that a conversion names, as a shop writes them.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace personalize {

using ItemList = std::pmr::vector<std::string_view>;

// The most items of one order, cart or the like that are looked at, and the longest id.
constexpr std::size_t most_named_items = 50;
constexpr std::size_t longest_item_id = 256;

// Returns the ids that a text names: ids with commas between them ("sku-1, sku-2"), or JSON: a list
// of ids, or of GA4's items ([{"item_id": "sku-1", "quantity": 2}]), or one of these. Each id once,
// in their order; those that are longer than longest_item_id, and those after most_named_items, are
// left out. The ids live as long as `text` and `memory`. Throws what `memory` throws.
ItemList item_ids(std::string_view text, std::pmr::memory_resource* memory);

}  // namespace personalize
