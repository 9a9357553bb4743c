// personalize_endpoint: serves the runtime script and style of widgets, and takes its reports.
#pragma once

#include <string>
#include <vector>

#include "nginx/platform/ngx.h"
#include "personalize/render/own_widgets.h"

namespace personalize {

// A content handler.
ngx_int_t serve_endpoint(ngx_http_request_t* r);

// Returns what it serves, by the names behind its location's prefix.
std::vector<std::string> endpoint_names(const OwnWidgets& own_widgets);

}  // namespace personalize
