// Where scripts find the slots of a location's pages that selectors place: what a page does not say
// itself.
#pragma once

#include <string>
#include <vector>

#include "nginx/config/location/slot.h"
#include "nginx/config/site/site.h"

namespace personalize {

// Returns a JSON object of those that selectors place, by name: {"recs":[["main >
// .recs","after"]],"badge":[[".card","append","all"]]}.
std::string write_slot_places(const Site& site, const std::vector<SlotDeclaration>* declarations);

// Returns where they place those that are an attribute or differ by element, by SlotId:
// [["img.hero","src"]], or with "all" behind these. "[]" for other slots.
std::vector<std::string> write_element_places(const Site& site,
                                              const std::vector<SlotDeclaration>* declarations);

}  // namespace personalize
