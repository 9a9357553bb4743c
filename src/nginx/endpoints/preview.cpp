#include "nginx/endpoints/preview.h"

#include "nginx/request/request_adapter.h"
#include "nginx/request/response.h"
#include "personalize/decision/forcing.h"
#include "signals/request_fields.h"

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

ngx_int_t go_on(ngx_http_request_t* r, std::string_view cookie, std::string_view to) {
  auto* location = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
  if (location == nullptr || !add_header(r, "Set-Cookie", copy_to_pool(r->pool, cookie)) ||
      !add_header(r, "Cache-Control", "no-store") ||
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
  RequestAdapter request(r);
  const bool secure = server.has_secure_cookies(request.scheme());
  const std::int64_t now_s = request.now_ms() / 1000;
  std::pmr::string cookie(&memory);
  const auto to = argument(r, "to", &memory);
  if (argument(r, "end", &memory) == "1") {
    PreviewSecret::remove_cookie(secure, cookie);
    return go_on(r, cookie, to);
  }
  const auto grant = server.preview->check(argument(r, "set", &memory), argument(r, "exp", &memory),
                                           argument(r, "sig", &memory), now_s);
  if (!grant) {
    return refuse(r, NGX_HTTP_FORBIDDEN,
                  "This preview link has expired or was changed: make a new one with "
                  "scripts/preview-link.\n");
  }
  const Forcing forcing(grant->items, *server.site->program, &memory);
  if (!forcing.unknown().empty()) {
    std::pmr::string why("This preview link forces what this site does not have: ", &memory);
    why += forcing.unknown();
    why += '\n';
    return refuse(r, NGX_HTTP_BAD_REQUEST, why);
  }
  server.preview->set_cookie(*grant, now_s, secure, cookie);
  return go_on(r, cookie, to);
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

std::optional<PreviewGrant> find_preview(const ServerConf& server, RequestView& request,
                                         std::pmr::memory_resource* memory, bool& is_void) {
  const auto cookie =
      server.preview == nullptr ? std::nullopt : find_cookie(request, PreviewSecret::cookie_name);
  if (!cookie) {
    return std::nullopt;
  }
  auto grant = server.preview->read_cookie(*cookie, request.now_ms() / 1000, memory);
  is_void = !grant;
  return grant;
}

}  // namespace personalize
