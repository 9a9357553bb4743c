// Warns of lines of personalize_value that say something else than they seem to.
#pragma once

#include "nginx/config/configuration.h"

namespace personalize {

// `server` is compiled.
void warn_of_values(ngx_conf_t* cf, const ServerConf& server);

}  // namespace personalize
