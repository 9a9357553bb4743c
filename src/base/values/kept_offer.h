// What is kept of an offer that a visitor has seen. A visitor's offers are a list at
// pz:offers:<id>, the latest first; each is an object:
//
//   {"c": "rate", "p": "sku-1", "t": 1764460800, "v": {"value.rate": 12}}
//
// the campaign, what it was made for ("" if it is one for all), when it was seen first (seconds
// since 1970), and the values of attributes by which it was made, if these are kept.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "personalize/base/value.h"

namespace personalize {

// Returns the first offer of the campaign that was made for `per`: an object; missing if there is
// none.
Value find_kept_offer(const Value& offers, std::string_view campaign,
                      std::string_view per) noexcept;

using KeptValue =
    std::pair<std::string_view, Value>;  // the spelling of an attribute, and its value

// Appends an offer. Values that are no texts, numbers or booleans are left out. Returns false, and
// leaves `out` as it was, if it would take more than 512 bytes. Throws what `out` throws.
bool append_kept_offer(std::string_view campaign, std::string_view per, std::int64_t now_s,
                       const std::pmr::vector<KeptValue>& values, std::pmr::string& out);

}  // namespace personalize
