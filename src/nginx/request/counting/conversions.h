// Conversions that the configuration recognizes.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// Writes the conversions of a main request that is being logged: its location's personalize_convert
// lines.
void record_conversions(ngx_http_request_t* r) noexcept;

// Notes a purchase in the visitor's cookie with what the visitor has seen of campaigns, as the
// runtime script does. Call it when the head of a main request's response is about to be sent.
// `is_private`: no shared cache may store it.
void give_conversions(ngx_http_request_t* r, bool is_private) noexcept;

}  // namespace personalize
