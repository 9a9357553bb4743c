// Warns where another location answers for files or paths of an endpoint.
#pragma once

#include "nginx/config/configuration.h"
#include "nginx/platform/ngx.h"

namespace personalize {

// Warns of locations such as "~ \.js$", which NGINX prefers to the prefix of personalize_endpoint.
void warn_of_stolen_endpoints(ngx_conf_t* cf, const MainConf& main);

}  // namespace personalize
