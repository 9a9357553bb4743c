// The Set-Cookie headers of one response: whatever the module keeps in a browser is written here.
#pragma once

#include "nginx/config/configuration.h"
#include "nginx/request/visitor/sticky_variants.h"
#include "personalize/signals/preview.h"
#include "personalize/signals/visitor_state.h"

namespace personalize {

// Every function adds headers to the response, and returns false if allocation fails. All cookies
// but the id are `Secure` or none, and all but a preview's have the Domain of the server's
// personalize_visitor, the id that of its location's.
class ResponseCookies {
 public:
  ResponseCookies(ngx_http_request_t* r, const ServerConf& server) noexcept;

  // Gives a new visitor their id.
  bool give_id(const VisitorCookie& cookie, std::string_view id) noexcept;
  // Gives the browser what is known of campaigns that it was shown.
  bool give_state(const VisitorState& state) noexcept;
  // Has the browser forget that, and with it what the runtime script keeps of claims.
  bool forget_state() noexcept { return forget(state_cookie, scope_); }
  // Gives the browser what is known of persons in it (SignIn::mark).
  bool give_sign_in(std::string_view mark) noexcept;
  // Gives the browser the variants that the visitor keeps; adds nothing if it knows them.
  bool give_variants(const StickyVariants& variants) noexcept;
  // Has the browser forget what the module keeps in it of the visitor, as far as the request
  // brought it along. An id that an application gives is not the module's.
  bool forget_visitor(RequestView& request) noexcept;
  // If cookies have a Domain, has the browser forget those of this host alone, from before they had
  // one, which would hide the others.
  bool forget_shadows(RequestView& request) noexcept;
  // Begins a preview, or ends it.
  bool give_preview(const PreviewSecret& secret, std::string_view host, const PreviewGrant& grant,
                    std::int64_t now_s) noexcept;
  bool end_preview() noexcept;

 private:
  template <class Write>
  bool add(Write write) noexcept;
  bool forget(std::string_view name, const CookieScope& scope) noexcept;
  bool forget_id(const CookieScope& scope) noexcept;

  ngx_http_request_t* r_;
  const VisitorCookie*
      visitor_cookie_;    // nullptr if the id comes from a variable, or there is none
  CookieScope id_scope_;  // of the id
  CookieScope scope_;     // of what the browser keeps for all locations
};

}  // namespace personalize
