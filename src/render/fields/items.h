// The items of a list, as widgets show them.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/base/value.h"

namespace personalize {

// At most this many are shown.
constexpr std::uint32_t max_items = 24;

// An amount of money as a number, or as product feeds have it: "15.00 EUR", "EUR 15.00".
struct Money {
  Value amount;  // missing if it is none
  std::string_view currency;
};
Money read_money(const Value& value);

// The items of a list as records, whose members are
//
//   id            a text or a number
//   name          items without one are left out; a plain string is an item with that name
//   url           absent if it leads nowhere or would run something
//   picture
//   blank         true if the item has no picture but another one has
//   brand
//   summary
//   price         a number: what it costs now, sale_price or price
//   currency      or the one that stands with the price: "15.00 EUR"
//   old_price     a number, if it is higher: or price beside sale_price, or price and discount
//   saving        of the old price, in whole per cent, from 1
//   rating        0 to 5, rounded to a tenth
//   rating_count
//   badge
//   unavailable   true if it says that it cannot be bought
//   cart_url      from add_to_cart, judged as url; absent if it is unavailable
//   position      from 1
//
// Which names items have for these is in base/values/item.h. They refer to the list's values.
class ItemRecords {
 public:
  // The list is an empty array if there is nothing to show. It lives as long as this and `list`.
  // Throws what `memory` throws.
  ItemRecords(const Value& list, std::pmr::memory_resource* memory);

  Value list() const {
    return Value::list(items_.data(), static_cast<std::uint32_t>(items_.size()));
  }

  // Return the list that it was made of, and which of its elements is the item of that number.
  const Value& source() const { return list_; }
  std::uint32_t source_number(std::uint32_t item) const { return numbers_[item]; }

  // The names of all members.
  static const RecordNames names;

 private:
  Value list_;
  std::pmr::vector<Value> members_;  // of all records
  std::pmr::vector<Record> records_;
  std::pmr::vector<Value> items_;
  std::pmr::vector<std::uint32_t> numbers_;
};

}  // namespace personalize
