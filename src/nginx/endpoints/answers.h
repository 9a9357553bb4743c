// The address to which forms are sent that ask visitors something (personalize_collect).
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// A content handler: POST of a form from a page of the same site. Keeps the answers in Redis, and
// answers when that has confirmed: a browser that went there is sent back to the page, a script
// gets 204.
ngx_int_t serve_answers(ngx_http_request_t* r);

}  // namespace personalize
