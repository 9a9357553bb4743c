// What a configuration may write into the lists of widgets: in a document everything that is wrong
// is left out; here it is a mistake, and told.
#pragma once

#include "personalize/base/config_error.h"
#include "personalize/base/value.h"
#include "widgets/widget.h"

namespace personalize {

// Returns a list of that kind as an example has it, with the quotes of the configuration.
std::string_view example_of(FieldKind kind);

// Throws ConfigError, which names the element and the member: for one that is unknown, of the wrong
// type, lacking or duplicate.
void check_list(FieldKind kind, const Value& list, const Where& where);

}  // namespace personalize
