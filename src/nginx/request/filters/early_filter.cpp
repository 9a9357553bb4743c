// The first of all header filters: tells whether the response is a page to be personalized, and
// sets what the filters between here and the rewriter must know for that.
#include "nginx/config/compile.h"
#include "nginx/request/personalization.h"
#include "nginx/worker.h"

namespace personalize {

namespace {

ngx_http_output_header_filter_pt next_header_filter;

bool equals(const ngx_str_t& s, std::string_view lower) {
  return s.len == lower.size() && ngx_strncasecmp(s.data, ngx_view(lower).data, lower.size()) == 0;
}

// Returns the flag that gunzip's own configuration of the location holds; nullptr if NGINX was
// built without gunzip. The layout is private, but gunzip's command tells the offset.
ngx_flag_t* gunzip_flag(ngx_module_t** modules, void** location_confs) {
  static const ngx_command_t* command = nullptr;
  static ngx_uint_t index = 0;
  if (command == nullptr) {
    for (ngx_uint_t i = 0; modules[i] != nullptr; ++i) {
      if (ngx_strcmp(modules[i]->name, "ngx_http_gunzip_filter_module") != 0) {
        continue;
      }
      for (ngx_command_t* c = modules[i]->commands; c->name.len != 0; ++c) {
        if (view(c->name) == "gunzip") {
          command = c;
          index = modules[i]->ctx_index;
        }
      }
    }
  }
  if (command == nullptr) {
    return nullptr;
  }
  return reinterpret_cast<ngx_flag_t*>(static_cast<char*>(location_confs[index]) + command->offset);
}

// Has pages that are stored compressed inflated before they reach the rewriter, also for clients
// that take gzip. Runs for each location after gunzip has merged its own configuration.
char* switch_gunzip_on(ngx_conf_t* cf, void*, void*) {
  void** confs = static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->loc_conf;
  const auto& location = *static_cast<LocationConf*>(confs[ngx_http_personalize_module.ctx_index]);
  if (can_decide(server_conf(cf), location)) {
    if (ngx_flag_t* flag = gunzip_flag(cf->cycle->modules, confs)) {
      *flag = 1;
    }
  }
  return NGX_CONF_OK;
}

// Returns why the response cannot be a page; what is compressed with gzip needs somebody to inflate
// it.
Refusal judge_head(ngx_http_request_t* r, LocationConf& location) {
  const Refusal refusal = judge(r, location);
  const ngx_table_elt_t* encoding = r->headers_out.content_encoding;
  const bool is_compressed =
      encoding != nullptr && encoding->value.len != 0 && !equals(encoding->value, "identity");
  const bool can_inflate =
      gunzip_flag(reinterpret_cast<ngx_module_t**>(ngx_cycle->modules), r->loc_conf) != nullptr;
  return refusal == Refusal::none && is_compressed && !can_inflate ? Refusal::encoding : refusal;
}

ngx_int_t header_filter(ngx_http_request_t* r) {
  if (r != r->main) {
    return next_header_filter(r);
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
  const Refusal refusal = judge_head(r, location);
  if (refusal != Refusal::none) {
    personalization->refuse_page(refusal);
    return next_header_filter(r);
  }

  RequestFacts& facts = personalization->facts();
  facts.set_page(location.page != nullptr ? location.page->read(r) : PageValues());
  // A request that was answered before PRECONTENT (`return`) has not asked for documents yet.
  if (r->method == NGX_HTTP_GET) {
    facts.documents().start(location.needs);
  }
  personalization->accept_page(location);
  r->disable_not_modified = 1;
  // The copy filter reads files for us; subrequests inherit it.
  r->main_filter_need_in_memory = 1;
  if (r->headers_out.content_encoding != nullptr) {
    r->gzip_tested = 1;
    r->gzip_ok = 0;
  }
  return next_header_filter(r);
}

ngx_int_t install(ngx_conf_t*) {
  next_header_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = header_filter;
  return NGX_OK;
}

ngx_http_module_t context = {
    nullptr, install, nullptr, nullptr, nullptr, nullptr, nullptr, switch_gunzip_on,
};

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
