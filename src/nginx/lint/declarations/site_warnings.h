// Warns of declarations of servers that are probably mistakes.
#pragma once

#include <vector>

#include "nginx/config/configuration.h"

namespace personalize {

// `servers` are compiled; of those that share a site, the first speaks for all.
void warn_of_sites(ngx_conf_t* cf, const MainConf& main,
                   const std::vector<const ServerConf*>& servers);

}  // namespace personalize
