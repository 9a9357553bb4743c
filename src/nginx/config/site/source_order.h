// Which documents must be known before a source can be looked up.
#pragma once

#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/decision/decision.h"
#include "personalize/sources/sources.h"

namespace personalize {

// Returns, by source, what its key and its condition need, once the site's segments are compiled.
// Throws ConfigError if sources need each other in a cycle, or more than two look-ups one after
// the other.
std::vector<SourceSet> find_source_needs(const std::vector<Source>& sources,
                                         const AttributeTable& attributes, const Program& program);

}  // namespace personalize
