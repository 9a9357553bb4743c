// The module's definitions, by which NGINX's macros find its configuration and context.
#pragma once

#include "nginx/platform/ngx.h"

extern ngx_module_t ngx_http_personalize_module;
extern ngx_module_t ngx_http_personalize_inflate_filter_module;
