// Warns of personalize_learn, and lists that are learned, where nothing can be learned.
#pragma once

#include <vector>

#include "nginx/config/configuration.h"

namespace personalize {

void warn_of_learning(ngx_conf_t* cf, const MainConf& main,
                      const std::vector<const ServerConf*>& servers);

}  // namespace personalize
