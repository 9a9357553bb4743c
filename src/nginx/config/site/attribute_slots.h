// The slots of a configuration that are attributes of elements.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nginx/config/location/slot.h"
#include "personalize/render/attribute_place.h"

namespace personalize {

// A slot is the same attribute in all servers and locations, or a place in their pages: what its
// campaigns show is compiled for it.
class AttributeSlots {
 public:
  // Adds lines of personalize_slot. Throws ConfigError for a slot that is something else in another
  // line, and for attributes that must not come from data.
  void add(const std::vector<SlotDeclaration>& declarations);

  // Returns nullptr if the slot is none.
  const AttributePlace* find(const std::string& slot) const noexcept;

 private:
  std::map<std::string, AttributePlace> slots_;  // by name; without an attribute: a place in pages
};

}  // namespace personalize
