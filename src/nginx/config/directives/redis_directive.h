// personalize_redis ADDRESS… [PARAMETER…]
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

char* read_redis(ngx_conf_t* cf, ngx_command_t* command, void* conf);

}  // namespace personalize
