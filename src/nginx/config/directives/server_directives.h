// The directives of http and server: who visitors are, and what is shown to whom.
#pragma once

#include <vector>

#include "nginx/platform/ngx.h"

namespace personalize {

std::vector<ngx_command_t> server_directives();

}  // namespace personalize
