// The headers of a response about who may store it, and about its bytes.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// Who may use a private response again.
enum class Reuse : unsigned char {
  nobody,   // each view is decided again
  browser,  // the visitor's own browser, as long as the response says: it is a picture or the like
};

// Returns what is right for a response that is not a page.
Reuse reuse_of(const ngx_http_request_t* r) noexcept;

// Has no shared cache store the response: it is one visitor's. What forbids more than that stays.
// Returns false if allocation fails.
bool make_private(ngx_http_request_t* r, Reuse reuse) noexcept;

// Removes digests of the body, which is going to change.
void remove_digests(ngx_http_request_t* r) noexcept;

// Returns whether the response forbids proxies to change it (`no-transform`).
bool forbids_change(const ngx_http_request_t* r) noexcept;

// Returns whether a browser saves the response instead of showing it (RFC 6266).
bool is_download(const ngx_http_request_t* r) noexcept;

}  // namespace personalize
