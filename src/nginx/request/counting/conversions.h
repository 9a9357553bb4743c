// Conversions that the configuration recognizes.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// Writes the conversions of a main request that is being logged: its location's personalize_convert
// lines.
void record_conversions(ngx_http_request_t* r) noexcept;

}  // namespace personalize
