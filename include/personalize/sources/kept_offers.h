// Where it is kept what visitors were offered: pz:offers:<id>, a list of kept_offer.h's objects.
#pragma once

#include <cstdint>
#include <string_view>

#include "personalize/sources/sources.h"

namespace personalize {

constexpr std::string_view kept_offers_head = "pz:offers:";
constexpr std::int64_t keep_offers_s = std::int64_t{90} * 86400;  // after the last one

// Returns the source of a visitor's offers, of that name.
Source kept_offers_source(std::string_view name, AttributeTable& attributes, const Where& where);

}  // namespace personalize
