// Warns of endpoints that ask for another consent than pages do.
#pragma once

#include <vector>

#include "nginx/lint/nginx_conf/configuration_text.h"
#include "nginx/platform/ngx.h"

namespace personalize {

// Warns of locations with personalize_endpoint for which another personalize_consent applies than
// for another location of their server: what pages report is kept by the endpoint's.
void warn_of_endpoint_consent(ngx_conf_t* cf, const std::vector<TextDirective>& text);

}  // namespace personalize
