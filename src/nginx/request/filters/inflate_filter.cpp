// The filter between headers and gunzip: pages that come compressed, and what is included in them,
// leave it as text for all filters that search in them.
#include "nginx/request/filters/compressed_body.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/personalization.h"

namespace personalize {

namespace {

CompressedBody::Next next;

ngx_int_t header_filter(ngx_http_request_t* r) {
  // Of the page, or of the page that this is included in.
  Personalization* personalization = Personalization::find_begun(r->main);
  if (personalization == nullptr || !personalization->is_page() || !is_gzip(r)) {
    return next.header(r);
  }
  if (r->filter_finalize) {
    // NGINX sends this in the place of a response that a filter gave up, without body filters.
    if (r == r->main) {
      personalization->refuse_page(Refusal::encoding);
    }
    return next.header(r);
  }
  if (r->header_only || r->method == NGX_HTTP_HEAD) {
    CompressedBody::write_head(r);
    return next.header(r);
  }
  const bool may_be_file = r == r->main && personalization->page().awaits_compressed_body();
  try {
    auto* body = make_in_pool<CompressedBody>(r->pool, r, personalization->page().longest_wait(),
                                              may_be_file, next, personalization->memory());
    ngx_http_set_ctx(r, body, ngx_http_personalize_inflate_filter_module);
  } catch (const std::bad_alloc&) {
    if (r == r->main) {
      personalization->refuse_page(Refusal::encoding);
    }
    return next.header(r);
  }
  r->filter_need_in_memory = may_be_file ? r->filter_need_in_memory : 1;
  return NGX_OK;  // the head is sent when the body's beginning is seen
}

ngx_int_t body_filter(ngx_http_request_t* r, ngx_chain_t* in) {
  auto* body = static_cast<CompressedBody*>(
      ngx_http_get_module_ctx(r, ngx_http_personalize_inflate_filter_module));
  return body != nullptr && !r->filter_finalize ? body->filter(in) : next.body(r, in);
}

ngx_int_t install(ngx_conf_t*) {
  next.header = ngx_http_top_header_filter;
  ngx_http_top_header_filter = header_filter;
  next.body = ngx_http_top_body_filter;
  ngx_http_top_body_filter = body_filter;
  return NGX_OK;
}

ngx_http_module_t context = {nullptr, install, nullptr, nullptr,
                             nullptr, nullptr, nullptr, nullptr};

}  // namespace

}  // namespace personalize

ngx_module_t ngx_http_personalize_inflate_filter_module = {NGX_MODULE_V1,
                                                           &personalize::context,
                                                           nullptr,
                                                           NGX_HTTP_MODULE,
                                                           nullptr,  // init master
                                                           nullptr,  // init module
                                                           nullptr,  // init process
                                                           nullptr,  // init thread
                                                           nullptr,  // exit thread
                                                           nullptr,  // exit process
                                                           nullptr,  // exit master
                                                           NGX_MODULE_V1_PADDING};
