// Slots that are attributes of elements: where in a start tag their content goes.
//
//   <img class="hero" src=/a.jpg alt>      attribute=src: the bytes `src=/a.jpg`
//                                          attribute=srcset: the place behind `<img`
#pragma once

#include <cstdint>
#include <string_view>

#include "rewrite/match/matcher.h"
#include "rewrite/placing/placements.h"
#include "rewrite/placing/position.h"

namespace personalize::rewrite {

// Places the slot of `rule` in the present token, the start tag of an element that it matches.
// `number` is that of the element's attributes in the order of the tree; `data` and `original`:
// see Splice.
void place_attribute(const PlacingRule& rule, const Position& position, Placements& placements,
                     std::uint32_t number, std::string_view data, std::string_view original);

}  // namespace personalize::rewrite
