// Page views that go into a visitor's session.
#pragma once

#include "nginx/platform/ngx.h"
#include "personalize/record/session_commands.h"

namespace personalize {

// Has a page view written to Redis, unless too many new visitors come from the client's address.
void keep_page_view(ngx_http_request_t* r, const SessionOptions& options,
                    const PageView& view) noexcept;

}  // namespace personalize
