// Which location a path leads to, as NGINX finds it for a request.
#pragma once

#include <string>

#include "nginx/platform/ngx.h"

namespace personalize {

// Returns the location for `path` among those of `server`, the configuration of a server's core
// module at its own level; the server's itself if there is none. Call it when NGINX has sorted the
// locations: from postconfiguration on. Rewriting is not looked at.
const ngx_http_core_loc_conf_t& find_location(const ngx_http_core_loc_conf_t& server,
                                              const std::string& path);

}  // namespace personalize
