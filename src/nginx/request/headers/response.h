// Headers of requests and responses, and responses of our own.
#pragma once

#include "nginx/platform/memory.h"

namespace personalize {

// Returns the first request header of that name, given in lower case; "" if there is none.
std::string_view request_header(const ngx_http_request_t* r, std::string_view name) noexcept;

// Returns the charset that the head of a response names; "" if it names none.
std::string_view declared_charset(const ngx_http_headers_out_t& headers) noexcept;

// Calls use(header) for each header of a list that is (to be) sent or was received. `hash` 0 means
// that it is not sent.
template <class List, class Use>
void for_each_header(List& headers, Use use) {
  for (auto* part = &headers.part; part != nullptr; part = part->next) {
    auto* elements = static_cast<ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (elements[i].hash != 0) {
        use(elements[i]);
      }
    }
  }
}

// Returns whether the response is compressed with gzip, and in no other way.
bool is_gzip(const ngx_http_request_t* r) noexcept;

// Adds a header to be sent. `name` and `value` must live as long as the request. Returns false if
// allocation fails.
bool add_header(ngx_http_request_t* r, std::string_view name, std::string_view value) noexcept;

// Sets the only Cache-Control, for NGINX's own filters and variables too. `value` must live as long
// as the request. Throws bad_alloc.
void set_cache_control(ngx_http_request_t* r, std::string_view value);

// Ends a content handler: sends a response with this body, which must live as long as the request.
// Returns what the handler is to return.
ngx_int_t send_body(ngx_http_request_t* r, std::string_view type, std::string_view body,
                    ngx_uint_t status = NGX_HTTP_OK) noexcept;

}  // namespace personalize
