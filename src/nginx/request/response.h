// Headers of requests and responses, and responses of our own.
#pragma once

#include "nginx/memory.h"

namespace personalize {

// The first request header of that name, given in lower case; "" where there is none.
std::string_view request_header(const ngx_http_request_t* r, std::string_view name) noexcept;

// Returns the charset that the head of a response names; "" if it names none.
std::string_view declared_charset(const ngx_http_headers_out_t& headers) noexcept;

// Adds a header to be sent. `name` and `value` must live as long as the request. False where memory
// is out.
bool add_header(ngx_http_request_t* r, std::string_view name, std::string_view value) noexcept;

// Ends a content handler: sends a response with this body, which must live as long as the request.
// Returns what the handler is to return.
ngx_int_t send_body(ngx_http_request_t* r, std::string_view type, std::string_view body,
                    ngx_uint_t status = NGX_HTTP_OK) noexcept;

}  // namespace personalize
