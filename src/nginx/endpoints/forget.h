// A location with personalize_forget: deletes what is kept of the visitor who asks.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

ngx_int_t serve_forget(ngx_http_request_t* r);

}  // namespace personalize
