// Makes what requests use of what was read and merged.
#pragma once

#include "nginx/config/configuration.h"

namespace personalize {

// Compiles everything. Call it in postconfiguration, when all servers and locations are merged.
char* compile_configuration(ngx_conf_t* cf);

}  // namespace personalize
