// personalize_explain: the whole decision about a request, with the reasons, as JSON.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// A content handler.
ngx_int_t serve_explanation(ngx_http_request_t* r);

}  // namespace personalize
