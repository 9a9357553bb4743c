// The filter between postpone and gzip: sees the finished page, subrequests and all, and puts the
// slots' content into it.
#include "nginx/request/filters/rewrite_filter.h"

#include <array>
#include <new>

#include "base/text/ascii.h"
#include "nginx/request/counting/conversions.h"
#include "nginx/request/headers/privacy.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/personalization.h"
#include "nginx/request/plans/gzip_filter.h"
#include "nginx/worker.h"

namespace personalize {

namespace {

ngx_http_output_header_filter_pt next_header_filter;
ngx_http_output_body_filter_pt next_body_filter;

// Of the policies that stand in the response's own header. More than a few there are not.
Nonces response_nonces(const ngx_http_request_t* r) {
  constexpr std::string_view name = "content-security-policy";
  std::array<std::string_view, 8> policies;
  std::size_t count = 0;
  for_each_header(r->headers_out.headers, [&](const ngx_table_elt_t& header) {
    if (count < policies.size() && ascii::equal_ignoring_case(view(header.key), name)) {
      policies[count++] = view(header.value);
    }
  });
  return find_nonces(policies.data(), count);
}

ngx_int_t send_head(ngx_http_request_t* r, Personalization& personalization) {
  const bool is_page = personalization.is_page();
  if (is_page) {
    // Whether the client takes gzip is for the gzip filter to find out anew.
    r->gzip_tested = 0;
    r->gzip_ok = 0;
    gzip_filter::tell_length(r, r->headers_out.content_length_n);
    if (!personalization.page().is_unchanged()) {
      ngx_http_clear_content_length(r);
    }
    remove_digests(r);
  }
  if (!personalization.make_private()) {
    return NGX_ERROR;
  }
  personalization.give_cookies();
  if (personalization.slots_question() == nullptr) {
    give_conversions(r, is_page);
  }
  if (is_page && !r->header_only && r->method == NGX_HTTP_GET) {
    try {
      personalization.page().open_stream(response_nonces(r), next_body_filter);
    } catch (const std::bad_alloc&) {
      count(Counter::passed_memory);  // it passes unchanged
    }
  }
  const ngx_int_t rc = next_header_filter(r);
  if (personalization.page().has_stream()) {
    personalization.page().settle_encoding();
  }
  return rc;
}

ngx_int_t header_filter(ngx_http_request_t* r) {
  if (r != r->main) {
    return next_header_filter(r);
  }
  Personalization* personalization = Personalization::find_begun(r);
  if (personalization == nullptr) {
    give_conversions(r, false);
    return next_header_filter(r);
  }
  if (personalization->is_page()) {
    const Refusal refusal = judge_again(r);
    if (refusal != Refusal::none) {
      personalization->refuse_page(refusal);
    } else if (personalization->page().awaits_body()) {
      return NGX_OK;
    }
  }
  return send_head(r, *personalization);
}

ngx_int_t body_filter(ngx_http_request_t* r, ngx_chain_t* in) {
  auto* personalization =
      static_cast<Personalization*>(ngx_http_get_module_ctx(r, ngx_http_personalize_module));
  if (personalization == nullptr || r != r->main || r->filter_finalize) {
    return next_body_filter(r, in);
  }
  if (personalization->page().is_awaiting_body()) {
    personalization->page().find_plan(in);
    const ngx_int_t rc = send_head(r, *personalization);
    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
      return NGX_ERROR;
    }
  }
  return personalization->page().filters_body() ? personalization->page().filter(in)
                                                : next_body_filter(r, in);
}

}  // namespace

ngx_int_t send_behind_rewriter(ngx_http_request_t* r, ngx_chain_t* in) noexcept {
  return next_body_filter(r, in);
}

void install_rewrite_filter() {
  next_header_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = header_filter;
  next_body_filter = ngx_http_top_body_filter;
  ngx_http_top_body_filter = body_filter;
}

}  // namespace personalize
