// Where this module's variables are used although they cannot be what is expected of them.
#pragma once

#include <vector>

#include "nginx/config/configuration.h"
#include "nginx/lint/configuration_text.h"

namespace personalize {

// Warns of variables that are used where the documents that they need cannot be there yet. Throws
// ConfigError where $personalize_variant_NAME is that of no server's experiment. Places are those
// of the configuration's text.
void check_variable_uses(ngx_conf_t* cf, const std::vector<const ServerConf*>& servers,
                         const Sites& sites, const std::vector<TextDirective>& text);

}  // namespace personalize
