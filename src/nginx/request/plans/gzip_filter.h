// NGINX's own gzip filter, which stands behind ours: whether it is about to compress a response,
// and how it is kept from what is compressed already.
//
// All that `gzip`, `gzip_types`, `gzip_proxied` and the like say stays for that filter to judge: it
// is asked by letting it see the head, as it is asked for any other response.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize::gzip_filter {

// Called before the head goes to the filter, without the page's length, since slots change it. Has
// it leave alone a page that is shorter than `gzip_min_length`; `length` is -1 if it is not known.
void tell_length(ngx_http_request_t* r, off_t length) noexcept;

// Called after the head has gone to the filter. Returns whether it is about to compress the body.
bool is_active(const ngx_http_request_t* r) noexcept;

// Has it pass the body as it is, under the head that says that it is compressed.
void stand_in(ngx_http_request_t* r) noexcept;

}  // namespace personalize::gzip_filter
