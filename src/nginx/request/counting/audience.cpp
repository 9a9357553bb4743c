#include "nginx/request/counting/audience.h"

#include "nginx/platform/core_conf.h"
#include "nginx/request/filters/refusal.h"
#include "nginx/request/headers/privacy.h"
#include "personalize/signals/purpose.h"

namespace personalize {

namespace {

// Returns whether the request has not come further than to `return` and `rewrite`: they answered
// it.
bool is_answered_by_rewrite(const ngx_http_request_t* r) noexcept {
  const auto& core = core_main_conf(r);
  return core.phase_engine.handlers[r->phase_handler].checker == ngx_http_core_rewrite_phase;
}

}  // namespace

bool Audience::is_person() noexcept {
  return r_->method == NGX_HTTP_GET && facts_.forcing() == nullptr && !facts_.identity().is_bot();
}

bool Audience::is_counted() noexcept {
  if (!is_counted_) {
    const bool is_looked_at =
        question_ == nullptr
            ? is_navigation(facts_.request())
            : question_->counts != SlotsQuestion::Counts::nothing && !is_prefetch(facts_.request());
    is_counted_ = is_person() && is_looked_at;
  }
  return *is_counted_;
}

bool Audience::is_page_seen() noexcept {
  if (question_ != nullptr) {
    return is_answered_ && location_conf(r_).is_active() &&
           question_->counts == SlotsQuestion::Counts::view;
  }
  return r_->headers_out.status == NGX_HTTP_OK && has_type_of_page(r_, location_conf(r_)) &&
         !is_download(r_);
}

// Returns whether the configuration sent the visitor elsewhere, which its variables are used for
// there. A redirect by an application does not count.
bool Audience::is_redirect_seen() const noexcept {
  const ngx_uint_t status = r_->headers_out.status;
  const bool is_redirect = status > NGX_HTTP_SPECIAL_RESPONSE && status < NGX_HTTP_BAD_REQUEST &&
                           r_->headers_out.location != nullptr;
  return is_redirect && is_answered_by_rewrite(r_);
}

bool Audience::is_seen() noexcept {
  if (question_ != nullptr) {
    return is_answered_ && is_counted();
  }
  return is_counted() && (is_page_seen() || is_redirect_seen());
}

bool Audience::counts_exposures() noexcept {
  const bool is_of_counted_page =
      question_ != nullptr && question_->counts != SlotsQuestion::Counts::view;
  return !is_of_counted_page && is_seen();
}

bool Audience::is_page_view() noexcept {
  return facts_.identity().owner().is_known() && is_counted() && is_page_seen();
}

}  // namespace personalize
