// Warns of locations of ours that never answer, and of pages for which they do not.
#pragma once

#include <vector>

#include "nginx/lint/nginx_conf/configuration_text.h"
#include "nginx/platform/ngx.h"

namespace personalize {

// Warns of locations with a directive such as personalize_endpoint in which `return` answers before
// it. (Directives that set another handler, such as proxy_pass, are refused.)
void warn_of_silenced_endpoints(ngx_conf_t* cf, const std::vector<TextDirective>& text);

// Warns of pages that `return` makes where scripts ask for the slots of pages: it ends a request
// before anything is decided for it.
void warn_of_returned_pages(ngx_conf_t* cf, const std::vector<TextDirective>& text);

}  // namespace personalize
