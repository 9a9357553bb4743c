// What documents this module's variables need, where they are used before the response.
#pragma once

#include "nginx/config/configuration.h"

namespace personalize {

// Says for each location with personalize_before_upstream what its requests are held for, and warns
// of variables that are used where their documents cannot be there yet. Once all servers and
// locations are merged.
void settle_variable_needs(ngx_conf_t* cf, MainConf& main);

}  // namespace personalize
