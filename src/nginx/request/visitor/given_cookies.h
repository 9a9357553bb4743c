// Which cookies a response gives to the browser.
#pragma once

#include "nginx/request/facts.h"
#include "nginx/request/visitor/response_cookies.h"

namespace personalize {

class GivenCookies {
 public:
  // All must outlive this.
  GivenCookies(ngx_http_request_t* r, RequestFacts& facts) noexcept : r_(r), facts_(facts) {}

  // Adds the cookies to the response, whose head is about to leave; does without those for which
  // allocation fails. `is_shown`: what was decided is shown to the visitor, on a page or in an
  // answer; `is_chosen`: the response was chosen for the visitor. Returns whether it gives an id.
  bool give(bool is_shown, bool is_chosen) noexcept;

  // Returns whether the browser was told who is signed in.
  bool has_given_sign_in() const noexcept { return has_given_sign_in_; }

 private:
  void give_to_page(ResponseCookies& cookies) noexcept;
  void give_state(ResponseCookies& cookies) noexcept;
  bool can_sign_in() const noexcept;

  ngx_http_request_t* r_;
  RequestFacts& facts_;
  bool has_given_sign_in_ = false;
};

}  // namespace personalize
