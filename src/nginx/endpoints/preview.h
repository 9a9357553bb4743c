// personalize_preview: links under the endpoint that force what one browser is shown.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// A content handler: gives the browser the preview's cookie or takes it back, and redirects it to
// the page.
ngx_int_t serve_preview(ngx_http_request_t* r);

}  // namespace personalize
