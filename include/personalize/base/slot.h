// Slots: the named places of a page that a campaign can fill.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/config_error.h"

namespace personalize {

using SlotId = std::uint32_t;
constexpr SlotId no_slot = ~SlotId{0};

// Where the content goes, relative to the element that a selector matches.
enum class Placement : std::uint8_t { inner, replace, before, after, prepend, append };

// What a selector is for in a slot that moves an element to a later place of the page: each has its
// first match.
enum class MovePart : std::uint8_t {
  none,     // the slot moves nothing
  element,  // that is moved
  parent,   // that it is moved into
  before,   // the child of that which it then stands before
};

// personalize_slot NAME SELECTOR [PLACEMENT] [all] [early], NAME SELECTOR attribute=ATTRIBUTE
// [all], or NAME head-end|body-start|body-end.
struct SlotRule {
  Where where;
  SlotId slot = 0;
  std::string selector;
  Placement placement = Placement::inner;
  bool all = false;    // every match, not only the first
  bool early = false;  // Placement::inner and replace: nothing waits for the element's end
  // The content takes the place of this attribute, with a blank before it, and `placement` does not
  // count. In small letters; "" for content of the page. Such a slot has no other places: with an
  // empty selector it has none at all.
  std::string attribute = {};
  // The number of a change of which the slot makes several: all that an element's rules name become
  // one splice, whose data tells of them (ElementChanges). Nothing for other slots.
  std::optional<std::uint16_t> change = {};
  // Of a slot that moves an element: `placement` is `before`, or `append` if there is no such part.
  MovePart move = MovePart::none;
  // The slot stands at the end of the page and nowhere else, and shows <script> and <template>
  // alone: these are certain to stay where they are in more places than other content is.
  bool of_scripts = false;
};

}  // namespace personalize
