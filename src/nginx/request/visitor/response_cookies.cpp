#include "nginx/request/visitor/response_cookies.h"

#include "nginx/request/request_adapter.h"
#include "nginx/request/response.h"

namespace personalize {

ResponseCookies::ResponseCookies(ngx_http_request_t* r, const ServerConf& server) noexcept
    : r_(r), is_secure_(server.has_secure_cookies(RequestAdapter(r).scheme())) {}

// `write` appends the header's value; nothing if there is nothing to give.
template <class Write>
bool ResponseCookies::add(Write write) noexcept {
  try {
    PoolMemory memory(r_->pool);
    std::pmr::string value(&memory);
    write(value);
    return value.empty() || add_header(r_, "Set-Cookie", copy_to_pool(r_->pool, value));
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool ResponseCookies::give_id(const VisitorCookie& cookie, std::string_view id) noexcept {
  return add([&](std::pmr::string& out) { cookie.set_cookie(id, is_secure_, out); });
}

bool ResponseCookies::give_state(const VisitorState& state) noexcept {
  return add([&](std::pmr::string& out) { state.set_cookie(is_secure_, out); });
}

bool ResponseCookies::give_variants(const StickyVariants& variants) noexcept {
  return add([&](std::pmr::string& out) { variants.write(is_secure_, out); });
}

bool ResponseCookies::give_preview(const PreviewSecret& secret, std::string_view host,
                                   const PreviewGrant& grant, std::int64_t now_s) noexcept {
  return add(
      [&](std::pmr::string& out) { secret.set_cookie(host, grant, now_s, is_secure_, out); });
}

bool ResponseCookies::end_preview() noexcept {
  return add([&](std::pmr::string& out) { PreviewSecret::remove_cookie(is_secure_, out); });
}

}  // namespace personalize
