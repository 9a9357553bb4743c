// Whether a text that stands where it is taken for a constant is the name of an attribute.
#pragma once

#include <string>
#include <string_view>

#include "personalize/attributes/attribute.h"

namespace personalize {

// Returns whether the text is an attribute that the table knows, or could: "profile.name",
// "geo.country". A word without a dot is none. Slow: for warnings alone.
bool is_known_attribute(std::string_view text, const AttributeTable& attributes);

// Refuses the text of `default NAME` that is an attribute's name, which visitors would read. "" is
// none. Throws ConfigError.
void refuse_attribute_as_default(std::string_view text, const AttributeTable& attributes,
                                 const Where& where);

// Returns the attribute that a text mentions as if its value would stand there: "profile.name" of
// "profile.name", "Hello ${profile.name}" and "Hello {profile.name}". "" if there is none.
std::string mentioned_attribute(std::string_view text, const AttributeTable& attributes);

}  // namespace personalize
