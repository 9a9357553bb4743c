// Warns of what pages wait for, or leave to their end, that does not happen as it is written.
#pragma once

#include "nginx/config/configuration.h"

namespace personalize {

// Warns of a personalize_wait that ends sooner, since something else does; and of a
// personalize_late that is without effect.
void warn_of_waits(ngx_conf_t* cf, const MainConf& main);

}  // namespace personalize
