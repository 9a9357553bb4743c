// The rewriter's place among NGINX's filters.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// Adds the header and body filters on top of those installed so far; called in postconfiguration.
void install_rewrite_filter();

// Hands the body on to the filters behind.
ngx_int_t send_behind_rewriter(ngx_http_request_t* r, ngx_chain_t* in) noexcept;

}  // namespace personalize
