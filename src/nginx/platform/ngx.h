// NGINX's headers, as C++ can read them. Only this folder includes them.
#pragma once

extern "C" {
#include <ngx_config.h>
// The order matters to NGINX.
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
}
