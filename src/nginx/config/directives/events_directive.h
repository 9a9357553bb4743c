// personalize_events PARAMETER… | off
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

char* read_events(ngx_conf_t* cf, ngx_command_t* command, void* conf);

}  // namespace personalize
