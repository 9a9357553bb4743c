// The rewriter's place among NGINX's filters.
#pragma once

namespace personalize {

// Adds the header and body filters on top of those installed so far; called in postconfiguration.
void install_rewrite_filter();

}  // namespace personalize
