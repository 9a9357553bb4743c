// A request that goes on as if it were one for a page.
#pragma once

#include <string_view>

#include "nginx/platform/ngx.h"

namespace personalize {

// Makes `target`, a path with or without arguments, the address of a main request. Returns false if
// it is none, or there is no memory.
bool set_target(ngx_http_request_t* r, std::string_view target) noexcept;

// Runs the phases for that address, from the server's rewriting on: the location of the page
// decides who may see it, as for the page. Locations that are `internal` are not found. A content
// handler returns what this returns. `context` is the module's own for the request from now on;
// those of all modules are forgotten.
ngx_int_t run_as_page(ngx_http_request_t* r, void* context) noexcept;

}  // namespace personalize
