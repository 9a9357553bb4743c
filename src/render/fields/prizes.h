// What a scratch coupon can bring.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "personalize/base/document.h"
#include "personalize/base/value.h"
#include "personalize/render/content.h"

namespace personalize {

// At most this many of a list count.
constexpr std::uint32_t max_prizes = 32;

struct Prize {
  std::string_view text;  // what the visitor has won
  std::string_view code;  // "" for one without a code
  double weight = 1;      // its chance, by the sum of all weights
  std::optional<std::uint32_t> stock;
};

// Reads an object {text, code, weight, stock}. Returns nothing if it is no prize; then `why` says
// what is wrong with it.
std::optional<Prize> read_prize(const Value& prize, std::string& why);

// Adds what visitors can draw of a list. `has_pools`: "pool=KEY" as a code is the key of a pool. In
// a document it is nothing: whoever writes documents must not name lists of Redis to take from.
void offer_prizes(const Value& list, bool has_pools, std::pmr::vector<OfferedPrize>& offered);

// Adds an array of the texts of those that are prizes: their codes are not for the page.
void add_prizes(const Value& list, DocumentBuilder& builder);

}  // namespace personalize
