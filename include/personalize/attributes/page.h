// What a page is about, in the words of Google Analytics 4: the fields of personalize_page and of
// the attributes page.*.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace personalize {

// The parameters of items, and of the events about lists, carts and searches:
// https://developers.google.com/analytics/devguides/collection/ga4/reference/events. `items` is how
// many a cart holds, and of an order the ids of what was bought.
constexpr std::array<std::string_view, 21> page_fields = {
    "type",           "item_id",        "item_name",      "item_brand",     "item_variant",
    "item_category",  "item_category2", "item_category3", "item_category4", "item_category5",
    "item_list_id",   "item_list_name", "price",          "discount",       "quantity",
    "currency",       "value",          "items",          "coupon",         "search_term",
    "transaction_id",
};

// Returns the index in page_fields; nothing if there is no such field.
std::optional<std::uint32_t> find_page_field(std::string_view name) noexcept;

constexpr std::array<std::string_view, 9> page_types = {
    "home", "category", "product", "cart", "checkout", "order", "wishlist", "search", "other"};
// Those that lead to a purchase, in their order.
constexpr std::array<std::string_view, 6> page_stages = {"home", "category", "product",
                                                         "cart", "checkout", "order"};

// Returns the index in page_stages; nothing for a page that is none of them.
std::optional<std::uint32_t> find_page_stage(std::string_view type) noexcept;

// Returns whether `type` is one of page_types.
bool is_page_type(std::string_view type) noexcept;

// Return "a, b, c", for messages.
std::string list_page_fields();
std::string list_page_types();

}  // namespace personalize
