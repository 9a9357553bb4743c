// Warnings of `nginx -t` about configurations that work but are probably mistakes. No request
// depends on it.
#pragma once

#include <vector>

#include "nginx/config/configuration.h"

namespace personalize {

// To be called when everything is compiled; `servers` in the order of their blocks. Throws
// ConfigError where a variable is that of an experiment that no server has.
void lint(ngx_conf_t* cf, const MainConf& main, const std::vector<const ServerConf*>& servers,
          const Sites& sites);

}  // namespace personalize
