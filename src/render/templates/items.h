// Items of a list, as widgets show them.
#pragma once

#include "personalize/base/document.h"
#include "personalize/base/value.h"

namespace personalize {

// At most this many are shown.
constexpr std::uint32_t max_items = 24;

// Turns a list from anywhere into items with the members
//   name     from title, item_name or name; required: others are left out
//   url      from url or link; left out where it leads nowhere or would run something
//   picture  from image or image_url
//   brand    from item_brand or brand
//   price    a number, from price
//   blank    true where this one has no picture but another has
// A plain string is an item with that name. item_name, item_brand and price are GA4's names.
// The result lives in `builder`; an empty array where there is nothing to show. May throw
// std::bad_alloc.
Value read_items(const Value& list, DocumentBuilder& builder);

}  // namespace personalize
