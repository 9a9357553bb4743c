// Refuses pools of codes that visitors would choose by what their browsers send.
#pragma once

#include <vector>

#include "nginx/config/site/site_compiler.h"
#include "personalize/claims/code_pool.h"

namespace personalize {

// What the key of the pool says is the shop's (read_code_pool); this looks behind it: at the keys
// of its documents, and the conditions of its segments. `sources` are those of the attributes.
// Throws ConfigError.
void refuse_chosen_pool(const CodePool& pool, const SiteDeclarations& declared,
                        const AttributeTable& attributes, const std::vector<Source>& sources);

}  // namespace personalize
