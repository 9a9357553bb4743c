// Warns of variables of this module that are used where they cannot have their value yet.
#pragma once

#include <vector>

#include "nginx/config/configuration.h"
#include "nginx/lint/nginx_conf/configuration_text.h"

namespace personalize {

// Warns of variables that are used where the documents that they need cannot be there yet. Throws
// ConfigError if no server has the experiment of a $personalize_variant_NAME. Places are those of
// the configuration's text.
void check_variable_uses(ngx_conf_t* cf, const std::vector<const ServerConf*>& servers,
                         const Sites& sites, const std::vector<TextDirective>& text);

}  // namespace personalize
