// The Set-Cookie headers of one response: whatever the module keeps in a browser is written here.
#pragma once

#include "nginx/config/configuration.h"
#include "nginx/request/visitor/sticky_variants.h"
#include "personalize/signals/preview.h"
#include "personalize/signals/visitor_state.h"

namespace personalize {

// Every function adds a header to the response, and returns false if memory is out. All cookies are
// `Secure` or none.
class ResponseCookies {
 public:
  ResponseCookies(ngx_http_request_t* r, const ServerConf& server) noexcept;

  // Gives a new visitor their id.
  bool give_id(const VisitorCookie& cookie, std::string_view id) noexcept;
  // Gives the browser what is known of campaigns that it was shown.
  bool give_state(const VisitorState& state) noexcept;
  // Gives the browser the variants that the visitor keeps; adds nothing if it knows them.
  bool give_variants(const StickyVariants& variants) noexcept;
  // Begins a preview, or ends it.
  bool give_preview(const PreviewSecret& secret, std::string_view host, const PreviewGrant& grant,
                    std::int64_t now_s) noexcept;
  bool end_preview() noexcept;

 private:
  template <class Write>
  bool add(Write write) noexcept;

  ngx_http_request_t* r_;
  bool is_secure_;
};

}  // namespace personalize
