#include "nginx/endpoints/own_pages.h"

#include "nginx/request/headers/response.h"
#include "personalize/signals/beacon.h"

namespace personalize {

ngx_int_t require_post(ngx_http_request_t* r) noexcept {
  if (r->method == NGX_HTTP_POST) {
    return NGX_OK;
  }
  return add_header(r, "Allow", "POST") ? NGX_HTTP_NOT_ALLOWED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

bool is_from_own_page(const ngx_http_request_t* r, RequestView& request) noexcept {
  const ngx_table_elt_t* host = r->headers_in.host;
  return is_same_origin(request, host == nullptr ? request.host() : view(host->value));
}

}  // namespace personalize
