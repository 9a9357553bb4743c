// The filter between headers and gunzip: pages that come compressed leave it as text, for all
// filters that search in them.
#include "nginx/request/personalization.h"
#include "nginx/request/response.h"
#include "nginx/worker.h"

namespace personalize {

namespace {

CompressedPage::Next next;

ngx_int_t header_filter(ngx_http_request_t* r) {
  Personalization* personalization = r == r->main ? Personalization::find_begun(r) : nullptr;
  if (personalization == nullptr) {
    return next.header(r);
  }
  personalization->close_compressed();
  if (!personalization->is_page() || !is_gzip(r)) {
    return next.header(r);
  }
  if (r->header_only || r->method == NGX_HTTP_HEAD) {
    CompressedPage::write_head(r);
    return next.header(r);
  }
  try {
    personalization->open_compressed(next);
  } catch (const std::bad_alloc&) {
    personalization->refuse_page(Refusal::encoding);
    return next.header(r);
  }
  r->filter_need_in_memory = 1;
  return NGX_OK;  // the head is sent when the body's beginning is seen
}

ngx_int_t body_filter(ngx_http_request_t* r, ngx_chain_t* in) {
  auto* personalization =
      static_cast<Personalization*>(ngx_http_get_module_ctx(r, ngx_http_personalize_module));
  CompressedPage* page = personalization != nullptr && r == r->main && !r->filter_finalize
                             ? personalization->compressed()
                             : nullptr;
  return page != nullptr ? page->filter(in) : next.body(r, in);
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
