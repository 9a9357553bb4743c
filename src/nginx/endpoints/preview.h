// personalize_preview: links under the endpoint that force what one browser is shown.
#pragma once

#include <optional>

#include "nginx/config/configuration.h"
#include "personalize/signals/preview.h"

namespace personalize {

// A content handler: gives the browser the cookie or takes it back, and goes on to the page.
ngx_int_t serve_preview(ngx_http_request_t* r);

// What the request's cookie grants; nothing where there is none or it counts no more, which
// `is_void` tells. Throws what `memory` throws.
std::optional<PreviewGrant> find_preview(const ServerConf& server, RequestView& request,
                                         std::pmr::memory_resource* memory, bool& is_void);

}  // namespace personalize
