#include "nginx/config/site/attribute_slots.h"

#include "base/text/text.h"
#include "personalize/rewrite/rewrite.h"

namespace personalize {

namespace {

std::string describe(const AttributePlace& place) {
  return place.attribute.empty() ? "a place in the page"
                                 : "the attribute " + quoted(place.attribute) +
                                       (place.element.empty() ? "" : " of <" + place.element + ">");
}

AttributePlace place_of(const SlotDeclaration& declaration) {
  if (declaration.attribute.empty()) {
    return {declaration.where, declaration.name, {}, {}};
  }
  AttributePlace place = {declaration.where, declaration.name,
                          type_of_matches(declaration.selector, declaration.where),
                          declaration.attribute};
  check_attribute_place(place);
  return place;
}

}  // namespace

void AttributeSlots::add(const std::vector<SlotDeclaration>& declarations) {
  for (const SlotDeclaration& declaration : declarations) {
    const AttributePlace place = place_of(declaration);
    const auto [known, is_new] = slots_.emplace(declaration.name, place);
    const AttributePlace& first = known->second;
    if (!is_new && (first.element != place.element || first.attribute != place.attribute)) {
      throw ConfigError(place.where, "slot " + quoted(place.slot) + " is " + describe(place) +
                                         " here, and " + describe(first) + " in " +
                                         first.where.text() + ": give one of them another name");
    }
  }
}

const AttributePlace* AttributeSlots::find(const std::string& slot) const noexcept {
  const auto found = slots_.find(slot);
  return found == slots_.end() || found->second.attribute.empty() ? nullptr : &found->second;
}

}  // namespace personalize
