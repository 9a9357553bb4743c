// The places that every page has: the end of the head, and both ends of the body. Selectors name
// them like elements, and slots with these names are there without one.
#pragma once

#include <string_view>

namespace personalize {

inline constexpr std::string_view page_ends[] = {"head-end", "body-start", "body-end"};

}  // namespace personalize
