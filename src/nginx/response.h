// Headers of a response.
#pragma once

#include "nginx/memory.h"

namespace personalize {

// Adds a header to be sent. `name` and `value` must live as long as the request. False where memory
// is out.
inline bool add_header(ngx_http_request_t* r, std::string_view name, std::string_view value) {
  auto* header = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
  if (header == nullptr) {
    return false;
  }
  *header = {};
  header->hash = 1;
  header->key = ngx_view(name);
  header->value = ngx_view(value);
  return true;
}

}  // namespace personalize
