// Where scripts find the slots of a location's pages that selectors place: what a page does not say
// itself.
#pragma once

#include <string>
#include <vector>

#include "nginx/config/location/slot.h"
#include "nginx/config/site/site.h"

namespace personalize {

// Returns whether a script can find the place of the slot: of each selector the first match. Not
// of a slot that stands at every match, is an attribute, or differs by element.
bool has_told_places(const Site& site, const std::vector<SlotDeclaration>* declarations,
                     const std::string& name);

// Returns a JSON object of those that selectors place, by name: {"recs":[["main >
// .recs","after"]],"badge":[[".card","append","all"]]}.
std::string write_slot_places(const Site& site, const std::vector<SlotDeclaration>* declarations);

}  // namespace personalize
