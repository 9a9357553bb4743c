// Warns of filters that compress pages before they can be personalized.
#pragma once

#include <vector>

#include "nginx/lint/nginx_conf/configuration_text.h"

namespace personalize {

void warn_of_early_compressors(ngx_conf_t* cf, const std::vector<TextDirective>& text);

}  // namespace personalize
