// The items of a list, as widgets show them.
#pragma once

#include "personalize/base/document.h"
#include "personalize/base/value.h"

namespace personalize {

// At most this many are shown.
constexpr std::uint32_t max_items = 24;

// Turns any list into items with the members
//
//   name     from title, item_name or name; items without a name are left out
//   url      from url or link; absent if it leads nowhere or would run something
//   picture  from image or image_url
//   brand    from item_brand or brand
//   price    a number, from price
//   blank    true if the item has no picture but another one has
//
// A plain string is an item with that name. item_name, item_brand and price are GA4's names. The
// result lives in `builder`; it is an empty array if there is nothing to show. Throws what the
// builder's memory throws.
Value read_items(const Value& list, DocumentBuilder& builder);

}  // namespace personalize
