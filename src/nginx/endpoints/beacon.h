// The address to which the runtime script reports what the visitor saw, clicked and closed.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// A content handler: POST from a page of the same site, answered by 204 and the visitor's state in
// a cookie.
ngx_int_t serve_beacon(ngx_http_request_t* r);

}  // namespace personalize
