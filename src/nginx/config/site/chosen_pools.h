// Refuses pools of codes that visitors would choose by what their browsers send.
#pragma once

#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/claims/code_pool.h"
#include "personalize/decision/decision.h"
#include "personalize/sources/sources.h"

namespace personalize {

// What the key of the pool says is the shop's (read_code_pool); this looks behind it: at the keys
// of its documents, the conditions of its segments, and how its experiments give variants.
// `sources` are those of the attributes. Throws ConfigError.
void refuse_chosen_pool(const CodePool& pool, const Program& program,
                        const AttributeTable& attributes, const std::vector<Source>& sources);

}  // namespace personalize
