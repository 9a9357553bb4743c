// Warns of attributes that are known, and never have the value that is asked for.
#pragma once

#include "nginx/config/configuration.h"

namespace personalize {

// Of one server: types that no page of it has, and what cannot happen to a campaign.
void warn_of_attributes(ngx_conf_t* cf, const MainConf& main, const ServerConf& server);

// Of two sources that are one but for the visitors for whom it is looked up.
void warn_of_twin_sources(ngx_conf_t* cf, const MainConf& main);

}  // namespace personalize
