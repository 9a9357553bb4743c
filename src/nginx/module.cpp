// ngx_http_personalize_module: the module's definition and its phase handlers.
#include <algorithm>

#include "nginx/config/compile.h"
#include "nginx/config/directives/directives.h"
#include "nginx/endpoints/asked_slots/slots.h"
#include "nginx/platform/core_conf.h"
#include "nginx/request/counting/conversions.h"
#include "nginx/request/filters/rewrite_filter.h"
#include "nginx/request/personalization.h"
#include "nginx/request/variables.h"
#include "nginx/worker.h"

namespace personalize {

namespace {

// Starts the look-ups after realip, access rules and limits, and before the upstream is asked, so
// that both are under way together. If variables choose the upstream, holds the request until the
// documents are there, whatever its method.
ngx_int_t start_in_precontent(ngx_http_request_t* r) {
  const LocationConf& location = location_conf(r);
  const bool is_asked_for_page = r->method == NGX_HTTP_GET || r->method == NGX_HTTP_HEAD;
  const bool is_held = location.before_upstream != 0;
  if (r != r->main) {
    return NGX_DECLINED;
  }
  Personalization* asked = Personalization::find_begun(r);
  if (asked != nullptr && asked->slots_question() != nullptr) {
    prepare_slots(r, *asked);
    return NGX_DECLINED;
  }
  if (!location.is_active() || !(is_asked_for_page || is_held)) {
    // An internal redirect may have led here from a location that is personal.
    if (Personalization* personalization = Personalization::find_begun(r)) {
      personalization->hide_conditions(false);
    }
    return NGX_DECLINED;
  }
  Personalization* personalization = Personalization::obtain(r);
  if (personalization == nullptr) {
    return NGX_DECLINED;
  }
  personalization->hide_conditions(is_asked_for_page);
  if (r->method == NGX_HTTP_GET || is_held) {
    const SourceSet awaited = personalization->start(location);
    const bool waits =
        awaited.any() && personalization->hold().wait_in_phase(awaited, location.wait);
    return waits ? NGX_AGAIN : NGX_DECLINED;
  }
  return NGX_DECLINED;
}

// Returns whether the request was for slots of a page: nothing was done there.
bool asks_for_slots(ngx_http_request_t* r) noexcept {
  const Personalization* begun = Personalization::find_begun(r);
  return begun != nullptr && begun->slots_question() != nullptr;
}

// Runs before the logs are written, whose variables then have their final values.
ngx_int_t end_in_log(ngx_http_request_t* r) {
  const bool may_have_begun = location_conf(r).is_active() || r->internal;
  if (r == r->main && may_have_begun) {
    if (Personalization* personalization = Personalization::find(r)) {
      personalization->end();
    }
  }
  return NGX_OK;
}

ngx_int_t record_in_log(ngx_http_request_t* r) {
  const bool may_have_begun = location_conf(r).is_active() || r->internal || asks_for_slots(r);
  if (r == r->main && may_have_begun) {
    if (Personalization* personalization = Personalization::find(r)) {
      personalization->record();
    }
  }
  if (r == r->main && location_conf(r).conversions != nullptr && !asks_for_slots(r)) {
    record_conversions(r);
  }
  return NGX_OK;
}

bool add_handler(ngx_conf_t* cf, ngx_http_phases phase, ngx_http_handler_pt function) {
  auto& core = core_main_conf(cf);
  auto* handler = static_cast<ngx_http_handler_pt*>(ngx_array_push(&core.phases[phase].handlers));
  if (handler == nullptr) {
    return false;
  }
  *handler = function;
  return true;
}

// Adds a handler that is called before those that are there already. Handlers of the log phase are
// called in the order of their array.
bool add_first_handler(ngx_conf_t* cf, ngx_http_phases phase, ngx_http_handler_pt function) {
  if (!add_handler(cf, phase, function)) {
    return false;
  }
  const auto& core = core_main_conf(cf);
  const ngx_array_t& handlers = core.phases[phase].handlers;
  auto* first = static_cast<ngx_http_handler_pt*>(handlers.elts);
  auto* end = first + handlers.nelts;
  std::rotate(first, end - 1, end);
  return true;
}

ngx_int_t postconfiguration(ngx_conf_t* cf) {
  if (compile_configuration(cf) != NGX_CONF_OK ||
      !add_handler(cf, NGX_HTTP_PRECONTENT_PHASE, start_in_precontent) ||
      !add_first_handler(cf, NGX_HTTP_LOG_PHASE, end_in_log) ||
      !add_handler(cf, NGX_HTTP_LOG_PHASE, record_in_log)) {
    return NGX_ERROR;
  }
  install_rewrite_filter();
  return NGX_OK;
}

ngx_http_module_t context = {
    add_variables,      // preconfiguration
    postconfiguration,  //
    create_main_conf,  init_main_conf,       create_server_conf,
    merge_server_conf, create_location_conf, merge_location_conf,
};

}  // namespace

}  // namespace personalize

ngx_module_t ngx_http_personalize_module = {NGX_MODULE_V1,
                                            &personalize::context,
                                            personalize::personalize_commands(),
                                            NGX_HTTP_MODULE,
                                            nullptr,  // init master
                                            personalize::init_configuration,
                                            personalize::init_worker,  // init process
                                            nullptr,                   // init thread
                                            nullptr,                   // exit thread
                                            personalize::exit_worker,  // exit process
                                            nullptr,                   // exit master
                                            NGX_MODULE_V1_PADDING};
