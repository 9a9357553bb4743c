// Warns of what campaigns and conditions say that is probably not meant so.
#pragma once

#include "nginx/config/configuration.h"

namespace personalize {

// `server` is compiled.
void warn_of_contents(ngx_conf_t* cf, const MainConf& main, const ServerConf& server);

}  // namespace personalize
