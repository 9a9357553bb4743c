// personalize_status: the counters of all workers, for people and for Prometheus.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// A content handler. Answers in Prometheus' text format, or as JSON if `?format=json` or the Accept
// header asks for it.
ngx_int_t serve_status(ngx_http_request_t* r);

}  // namespace personalize
