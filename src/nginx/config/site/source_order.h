// Which documents must be known before a source can be looked up.
#pragma once

#include <cstdint>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/decision/decision.h"
#include "personalize/recommend/chain.h"
#include "personalize/sources/sources.h"

namespace personalize {

// By source, what its key and its condition need, or the steps and conditions of a chain, and when
// its turn is, once the site's segments are compiled. Throws ConfigError if sources need each other
// in a cycle, or more than two look-ups one after the other; a chain may come after these, since
// its items are mostly in the cache.
struct SourceOrder {
  std::vector<SourceSet> needs;
  std::vector<std::uint8_t> rounds;  // one more than that of the last that it needs
};
SourceOrder find_source_order(const std::vector<Source>& sources, const std::vector<Chain>& chains,
                              const AttributeTable& attributes, const Program& program);

}  // namespace personalize
