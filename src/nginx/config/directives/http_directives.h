// The directives of http alone: Redis and what is known of documents.
#pragma once

#include <vector>

#include "nginx/platform/ngx.h"

namespace personalize {

std::vector<ngx_command_t> http_directives();

}  // namespace personalize
