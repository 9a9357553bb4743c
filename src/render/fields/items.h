// The items of a list, as widgets show them.
#pragma once

#include "personalize/base/document.h"
#include "personalize/base/value.h"

namespace personalize {

// At most this many are shown.
constexpr std::uint32_t max_items = 24;

// Adds an array of items to `builder`: those of any list, with the members
//
//   id            from item_id, id, sku or product_id
//   name          from title, item_name or name; items without a name are left out
//   url           from url or link; absent if it leads nowhere or would run something
//   picture       from image, image_url or image_link
//   blank         true if the item has no picture but another one has
//   brand         from item_brand or brand
//   summary       from description or summary
//   price         a number: what it costs now; from sale_price or price
//   currency      from currency or priceCurrency, or the currency that stands with the price:
//   "15.00 EUR" old_price     a number, if it is higher: from old_price, list_price or
//   compare_at_price, or price beside sale_price, or price and
//                 discount
//   saving        of the old price, in whole per cent, from 1
//   rating        0 to 5, rounded to a tenth; from rating or average_rating
//   rating_count  from rating_count, review_count or reviews
//   badge         from badge or label
//   unavailable   true if available, availability (base/values/item.h), in_stock or sold_out says
//   so cart_url      from add_to_cart, judged as url; absent if it is unavailable position from 1
//
// A plain string is an item with that name. The result is an empty array if there is nothing to
// show. Names are those of GA4's items, of product feeds (Google Merchant Center) and of
// schema.org. Throws what the builder's memory throws.
void add_items(const Value& list, DocumentBuilder& builder);

}  // namespace personalize
