#include "nginx/endpoints/preview.h"

#include "base/text/form.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/request_adapter.h"
#include "nginx/request/visitor/response_cookies.h"
#include "personalize/decision/forcing.h"

namespace personalize {

namespace {

std::string_view argument(const ngx_http_request_t* r, std::string_view name,
                          std::pmr::memory_resource* memory) {
  return find_argument(view(r->args), name, memory).value_or(std::string_view());
}

ngx_int_t refuse(ngx_http_request_t* r, ngx_uint_t status, std::string_view why) {
  return add_header(r, "Cache-Control", "no-store")
             ? send_body(r, "text/plain", copy_to_pool(r->pool, why), status)
             : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

// Goes on to the page `to`. Throws bad_alloc.
ngx_int_t redirect(ngx_http_request_t* r, std::string_view to) {
  auto* location = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
  if (location == nullptr || !add_header(r, "Cache-Control", "no-store") ||
      !add_header(r, "Referrer-Policy", "no-referrer")) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  *location = {};
  location->hash = 1;
  location->key = ngx_view("Location");
  location->value = ngx_view(copy_to_pool(r->pool, preview_target(to)));
  r->headers_out.location = location;
  return NGX_HTTP_SEE_OTHER;
}

ngx_int_t answer(ngx_http_request_t* r, const ServerConf& server) {
  PoolMemory memory(r->pool);
  ResponseCookies cookies(r, server);
  RequestAdapter request(r);
  const std::int64_t now_s = request.now_ms() / 1000;
  const auto to = argument(r, "to", &memory);
  if (argument(r, "end", &memory) == "1") {
    return cookies.end_preview() ? redirect(r, to) : NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  const auto grant =
      server.preview->check(request.host(), argument(r, "set", &memory),
                            argument(r, "exp", &memory), argument(r, "sig", &memory), now_s);
  if (!grant) {
    return refuse(r, NGX_HTTP_FORBIDDEN,
                  "This preview link has expired, was changed, or is for another site: make a new "
                  "one with scripts/preview-link.\n");
  }
  const Forcing forcing(grant->items, *server.site->program, &memory);
  if (!forcing.unknown().empty()) {
    std::pmr::string why("This preview link names something that this site does not have: ",
                         &memory);
    why += forcing.unknown();
    why += '\n';
    return refuse(r, NGX_HTTP_BAD_REQUEST, why);
  }
  return cookies.give_preview(*server.preview, request.host(), *grant, now_s)
             ? redirect(r, to)
             : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace

ngx_int_t serve_preview(ngx_http_request_t* r) {
  const ServerConf& server = server_conf(r);
  if (server.preview == nullptr) {
    return NGX_HTTP_NOT_FOUND;
  }
  try {
    return answer(r, server);
  } catch (const std::bad_alloc&) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

}  // namespace personalize
