// The directives by which a location answers itself.
#pragma once

#include <vector>

#include "nginx/platform/ngx.h"

namespace personalize {

std::vector<ngx_command_t> endpoint_directives();

}  // namespace personalize
