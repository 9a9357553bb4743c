// personalize_explain: the whole decision about a request, with the reasons, as JSON.
#pragma once

#include "nginx/config/configuration.h"

namespace personalize {

// A content handler.
ngx_int_t serve_explanation(ngx_http_request_t* r);

// For nginx -t: everybody could ask.
void warn_of_open_explanations(ngx_conf_t* cf, const MainConf& main);

}  // namespace personalize
