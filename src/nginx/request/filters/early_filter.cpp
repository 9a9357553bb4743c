// The first of all header filters: tells whether the response is a page to be personalized, and
// sets what the filters between here and the rewriter must know for that.
#include "nginx/request/personalization.h"
#include "nginx/worker.h"

extern ngx_module_t ngx_http_personalize_early_filter_module;

namespace personalize {

namespace {

ngx_http_output_header_filter_pt next_header_filter;

// Passes the answer to who asks for slots. What the location says in its place (a redirect, a
// refusal) is passed too, but not a page, which nobody has asked for.
ngx_int_t pass_answer(ngx_http_request_t* r, Personalization& asked) {
  if (asked.is_answering_slots()) {
    return next_header_filter(r);
  }
  asked.refuse_page(Refusal::off);
  if (r->headers_out.status == NGX_HTTP_OK && !r->filter_finalize) {
    return ngx_http_filter_finalize_request(r, &ngx_http_personalize_early_filter_module,
                                            NGX_HTTP_NOT_FOUND);
  }
  return next_header_filter(r);
}

ngx_int_t header_filter(ngx_http_request_t* r) {
  if (r != r->main) {
    return next_header_filter(r);
  }
  Personalization* asked = Personalization::find_begun(r);
  if (asked != nullptr && asked->slots_question() != nullptr) {
    return pass_answer(r, *asked);
  }
  LocationConf& location = location_conf(r);
  const bool is_asked_for_page = r->method == NGX_HTTP_GET || r->method == NGX_HTTP_HEAD;
  if (!location.is_active() || !is_asked_for_page) {
    // An internal redirect may have led here from a personalised location, and a variable may have
    // been asked for before it was known that this one is not.
    if (Personalization* personalization = Personalization::find_begun(r)) {
      personalization->refuse_page(location.is_active() ? Refusal::method : Refusal::off);
    }
    return next_header_filter(r);
  }

  Personalization* personalization = Personalization::obtain(r);
  if (personalization == nullptr) {
    count(Counter::passed_memory);
    return next_header_filter(r);
  }
  const Refusal refusal = judge(r, location);
  if (refusal != Refusal::none) {
    personalization->refuse_page(refusal);
    return next_header_filter(r);
  }

  RequestFacts& facts = personalization->facts();
  facts.set_page(location.page != nullptr ? location.page->read(r) : PageValues());
  // A request that was answered before PRECONTENT (`return`) has not asked for documents yet.
  if (r->method == NGX_HTTP_GET) {
    personalization->start(location);
  }
  personalization->accept_page(location);
  r->disable_not_modified = 1;
  return next_header_filter(r);
}

ngx_int_t install(ngx_conf_t*) {
  next_header_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = header_filter;
  return NGX_OK;
}

ngx_http_module_t context = {nullptr, install, nullptr, nullptr,
                             nullptr, nullptr, nullptr, nullptr};

}  // namespace

}  // namespace personalize

ngx_module_t ngx_http_personalize_early_filter_module = {NGX_MODULE_V1,
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
