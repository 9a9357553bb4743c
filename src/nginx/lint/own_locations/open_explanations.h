// Warns of locations with personalize_explain that every client can use.
#pragma once

#include <vector>

#include "nginx/lint/nginx_conf/client_variables.h"
#include "nginx/lint/nginx_conf/configuration_text.h"

namespace personalize {

void warn_of_open_explanations(ngx_conf_t* cf, const std::vector<TextDirective>& text,
                               const ClientVariables& clients);

}  // namespace personalize
