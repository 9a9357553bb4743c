// Warnings of `nginx -t` about configurations that work but are probably mistakes. No request
// depends on it.
#pragma once

#include <vector>

#include "nginx/config/configuration.h"

namespace personalize {

// Call it when everything is compiled; `servers` are in the order of their blocks. Throws
// ConfigError if a variable is that of an experiment that no server has.
void lint(ngx_conf_t* cf, const MainConf& main, const std::vector<const ServerConf*>& servers,
          const Sites& sites);

}  // namespace personalize
