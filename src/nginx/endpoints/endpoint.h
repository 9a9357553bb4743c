// personalize_endpoint: serves the runtime script and style of widgets, and takes its reports.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// A content handler.
ngx_int_t serve_endpoint(ngx_http_request_t* r);

}  // namespace personalize
