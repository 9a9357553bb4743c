#include "nginx/request/visitor/response_cookies.h"

#include <algorithm>

#include "nginx/request/headers/response.h"
#include "nginx/request/request_adapter.h"

namespace personalize {

namespace {

// The cookies that the module keeps of visitors, beside their ids.
constexpr std::string_view kept_cookies[] = {state_cookie, variants_cookie, person_cookie};

}  // namespace

ResponseCookies::ResponseCookies(ngx_http_request_t* r, const ServerConf& server) noexcept : r_(r) {
  const VisitorRule* own = visitor_rule(r, server);
  const VisitorRule* shared = state_rule(r, server);
  const auto scheme = RequestAdapter(r).scheme();
  visitor_cookie_ = own != nullptr ? own->cookie.get() : nullptr;
  id_scope_ = {cookie_domain(own), has_secure_cookies(own, scheme)};
  scope_ = {cookie_domain(shared), has_secure_cookies(shared, scheme)};
}

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
  return add([&](std::pmr::string& out) { cookie.set_cookie(id, id_scope_.secure, out); });
}

bool ResponseCookies::give_state(const VisitorState& state) noexcept {
  return add([&](std::pmr::string& out) { state.set_cookie(scope_, out); });
}

bool ResponseCookies::give_variants(const StickyVariants& variants) noexcept {
  return add([&](std::pmr::string& out) { variants.write(scope_, out); });
}

bool ResponseCookies::give_sign_in(std::string_view mark) noexcept {
  constexpr std::int64_t year_s = 31536000;
  return add([&](std::pmr::string& out) {
    out.append(person_cookie).append("=").append(mark);
    append_cookie_attributes(scope_, year_s, CookieReader::server, out);
  });
}

bool ResponseCookies::give_preview(const PreviewSecret& secret, std::string_view host,
                                   const PreviewGrant& grant, std::int64_t now_s) noexcept {
  return add(
      [&](std::pmr::string& out) { secret.set_cookie(host, grant, now_s, scope_.secure, out); });
}

bool ResponseCookies::end_preview() noexcept {
  const CookieScope host = {{}, scope_.secure};
  return forget(preview_cookie, host) && (!host.secure || forget(host_preview_cookie, host));
}

bool ResponseCookies::forget(std::string_view name, const CookieScope& scope) noexcept {
  return add([&](std::pmr::string& out) { append_cookie_removal(name, scope, out); });
}

bool ResponseCookies::forget_id(const CookieScope& scope) noexcept {
  return add([&](std::pmr::string& out) { visitor_cookie_->remove_cookie(scope, out); });
}

bool ResponseCookies::forget_visitor(RequestView& request) noexcept {
  const auto forget_if_there = [&](std::string_view name, const CookieScope& scope,
                                   auto forget_in) {
    const CookieScope host = {{}, scope.secure};
    return !find_cookie(request, name) ||
           (forget_in(scope) && (scope.domain.empty() || forget_in(host)));
  };
  const bool is_ours = visitor_cookie_ != nullptr && visitor_cookie_->options().issue;
  return (!is_ours ||
          forget_if_there(visitor_cookie_->options().cookie, id_scope_,
                          [&](const CookieScope& scope) { return forget_id(scope); })) &&
         std::all_of(std::begin(kept_cookies), std::end(kept_cookies), [&](std::string_view name) {
           return forget_if_there(name, scope_,
                                  [&](const CookieScope& scope) { return forget(name, scope); });
         });
}

bool ResponseCookies::forget_shadows(RequestView& request) noexcept {
  return scope_.domain.empty() ||
         std::all_of(std::begin(kept_cookies), std::end(kept_cookies), [&](std::string_view name) {
           return count_cookies(request, name) < 2 || forget(name, {{}, scope_.secure});
         });
}

}  // namespace personalize
