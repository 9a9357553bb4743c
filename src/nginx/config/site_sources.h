// Which documents must be known before a source can be looked up.
#pragma once

#include "nginx/config/configuration.h"

namespace personalize {

// Fills in Site::source_needs, once the site's segments are compiled. Throws ConfigError where
// sources need each other in a circle, or more than two look-ups one after the other.
void find_source_needs(Site& site);

}  // namespace personalize
