// What only pages of this very site may ask for.
#pragma once

#include "nginx/platform/ngx.h"
#include "personalize/signals/request_view.h"

namespace personalize {

// Returns NGX_OK for a POST; else what the handler is to return, after saying what is allowed.
ngx_int_t require_post(ngx_http_request_t* r) noexcept;

// Returns whether a page of the site sent the request (is_same_origin).
bool is_from_own_page(const ngx_http_request_t* r, RequestView& request) noexcept;

}  // namespace personalize
