// The events of what a request showed: that a page was viewed, and what it exposed.
#pragma once

#include "nginx/request/counting/audience.h"
#include "nginx/request/counting/exposures.h"

namespace personalize {

// Writes them, as far as they could be seen. `may_have_view`: the request went for a page, or for
// slots of one.
void write_page_events(ngx_http_request_t* r, RequestFacts& facts, Audience& audience,
                       const Exposures& exposures, bool may_have_view) noexcept;

}  // namespace personalize
