// Attributes of a page's elements that campaigns can change.
#pragma once

#include <string>

#include "personalize/base/config_error.h"

namespace personalize {

// The place of personalize_slot NAME SELECTOR attribute=ATTRIBUTE. Names are in small letters.
struct AttributePlace {
  Where where;
  std::string slot;
  std::string element;  // that all elements of the selector are; "" if they may differ
  std::string attribute;
};

// Throws ConfigError, with the reason, if the attribute must not come from data: what runs as a
// script or is read as one (onclick, style, srcdoc), loads code or pages (the src of <script>), or
// may be that, since the element is not known.
void check_attribute_place(const AttributePlace& place);

}  // namespace personalize
