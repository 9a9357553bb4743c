// Whether some filter between those that see a page first and last works on a response.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// Called when the filters between the inflate filter and the rewriter have seen the head. Returns
// whether one of them keeps a context for this response, as a filter that changes the body does.
bool has_active_filter(const ngx_http_request_t* r) noexcept;

}  // namespace personalize
