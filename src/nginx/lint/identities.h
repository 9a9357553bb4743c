// Warns if one visitor can impersonate another.
#pragma once

#include <vector>

#include "nginx/config/configuration.h"
#include "nginx/lint/nginx_conf/client_variables.h"

namespace personalize {

void warn_of_identities(ngx_conf_t* cf, const MainConf& main,
                        const std::vector<const ServerConf*>& servers,
                        const ClientVariables& clients);

}  // namespace personalize
