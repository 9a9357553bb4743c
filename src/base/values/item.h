// What shops call the parts of a product. GA4's names come first; feeds, Schema.org and catalogues
// say the same otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/value.h"

namespace personalize {

// What is known of items. Each part has one or several names (item.cpp).
enum class ItemPart : std::uint8_t {
  id,
  name,
  brand,
  category,
  variant,
  url,
  image,
  summary,
  price,
  sale_price,
  old_price,
  discount,
  currency,
  rating,
  rating_count,
  badge,
  availability,
  available,
  in_stock,
  sold_out,
  add_to_cart,
  until,
};
constexpr std::size_t item_parts = 22;

// Returns the part that has this name; nothing if none has.
std::optional<ItemPart> find_item_part(std::string_view name) noexcept;

// Returns all names of all parts.
std::vector<std::string_view> item_names();

// Returns whether the value says yes or no: true, 1, "yes", "no", as catalogues write it.
bool is_flag(const Value& value) noexcept;

// The parts of an item, found in one pass over its members. Of several names the first one counts
// that has something: no null, and no empty text. Values live as long as the item's.
class ItemParts {
 public:
  // Missing parts, of what is no object.
  explicit ItemParts(const Value& item) noexcept;

  const Value& operator[](ItemPart part) const noexcept {
    return values_[static_cast<std::size_t>(part)];
  }
  // Returns the part if it is a text; "" if it is not.
  std::string_view text(ItemPart part) const noexcept {
    const Value& value = (*this)[part];
    return value.kind() == Kind::string ? value.as_string() : std::string_view();
  }
  // As is_available() below.
  bool is_available() const noexcept;

 private:
  std::array<Value, item_parts> values_;
};

// Returns a part of an item by GA4's name, or by the name that is asked for, whatever the item
// calls it: item_field({"id": "1", "title": "Hat"}, "item_name") is "Hat". Names that nobody else
// uses are taken as they are. Missing if the item does not have it, or is no object.
Value item_field(const Value& item, std::string_view name) noexcept;

// Adds the names by which item_field() finds that part, as far as they are not there yet.
void add_item_names(std::string_view name, std::vector<std::string>& list);

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
// The same by these members of the item.
bool is_available(const Value& available, const Value& in_stock, const Value& sold_out,
                  const Value& availability) noexcept;

}  // namespace personalize
