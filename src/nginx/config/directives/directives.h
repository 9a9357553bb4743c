// All directives of http, server and location.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// Returns the commands of the module, ended as NGINX wants it.
ngx_command_t* personalize_commands();

}  // namespace personalize
