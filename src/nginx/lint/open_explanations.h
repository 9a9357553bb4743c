// Warns of locations with personalize_explain that everybody can ask.
#pragma once

#include "nginx/config/configuration.h"

namespace personalize {

// Called when all modules' configurations of locations are merged.
void warn_of_open_explanations(ngx_conf_t* cf, const MainConf& main);

}  // namespace personalize
