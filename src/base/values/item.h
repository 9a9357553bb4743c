// What shops call the parts of a product. GA4's names come first; feeds, Schema.org and catalogues
// say the same otherwise.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/value.h"

namespace personalize {

// Returns a part of an item by GA4's name, or by the name that is asked for, whatever the item
// calls it: item_field({"id": "1", "title": "Hat"}, "item_name") is "Hat". Names that nobody else
// uses are taken as they are. Missing if the item does not have it, or is no object.
Value item_field(const Value& item, std::string_view name) noexcept;

// Adds the names by which item_field() finds that part, as far as they are not there yet.
void add_item_names(std::string_view name, std::vector<std::string>& names);

// Returns an amount: a number, or a text that is one or begins with one, as the prices of feeds:
// "15.00 EUR" is 15. Missing for anything else. It lives as long as the value.
Value amount_of(const Value& value) noexcept;

// Returns the id of an item; a text that stands alone is an id itself, and so is a whole number.
// Missing if there is none.
Value item_id(const Value& item) noexcept;

// Returns false for an item that says that it cannot be bought: `available` or `in_stock` is false,
// 0, no; `sold_out` is true, 1, yes; `availability` is anything but in stock, a backorder or a
// preorder.
bool is_available(const Value& item) noexcept;

}  // namespace personalize
