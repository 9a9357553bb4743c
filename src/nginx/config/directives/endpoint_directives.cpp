#include "nginx/config/directives/endpoint_directives.h"

#include "nginx/config/reading/location_command.h"
#include "nginx/endpoints/endpoint.h"
#include "nginx/endpoints/explaining/explain.h"
#include "nginx/endpoints/forget.h"
#include "nginx/endpoints/status.h"

namespace personalize {

namespace {

ngx_http_core_loc_conf_t& core_location(ngx_conf_t* cf) {
  return *static_cast<ngx_http_core_loc_conf_t*>(
      ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
}

void set_handler(const Directive& directive, ngx_http_handler_pt handler) {
  auto& core = core_location(directive.cf());
  if (core.handler != nullptr) {
    directive.refuse(" needs a location of its own: another directive answers in this one");
  }
  core.handler = handler;
  main_conf(directive.cf())
      .answering.push_back({directive.where(), directive.name(), &core, handler});
}

char* read_endpoint(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    const Directive directive(cf);
    const auto& core = core_location(cf);
    std::string name(view(core.name));
    const bool is_prefix = !name.empty() && name.front() == '/' && name.back() == '/' &&
                           !core.exact_match && core.regex == nullptr;
    if (!is_prefix) {
      directive.refuse(
          " belongs into a location like \"location /_pz/ { … }\": a prefix that begins and ends "
          "with a slash");
    }
    server_conf(cf).endpoints.push_back(
        {std::move(name), static_cast<LocationConf*>(conf), directive.where()});
    set_handler(directive, serve_endpoint);
  });
}

// The answers of a location are not pages, whatever the server around it enables.
void personalize_nothing(void* conf) noexcept {
  static_cast<LocationConf*>(conf)->enable = 0;
}

char* read_status(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    set_handler(Directive(cf), serve_status);
    personalize_nothing(conf);
  });
}

char* read_forget(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    set_handler(Directive(cf), serve_forget);
    static_cast<LocationConf*>(conf)->enable = 0;
  });
}

char* read_explain(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    set_handler(Directive(cf), serve_explanation);
    personalize_nothing(conf);
  });
}

}  // namespace

std::vector<ngx_command_t> endpoint_directives() {
  const auto row = [](ngx_str_t name, auto read) -> ngx_command_t {
    return {name, location_only | NGX_CONF_NOARGS, read, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr};
  };
  return {
      row(ngx_string("personalize_endpoint"), read_endpoint),
      row(ngx_string("personalize_explain"), read_explain),
      row(ngx_string("personalize_forget"), read_forget),
      row(ngx_string("personalize_status"), read_status),
  };
}

}  // namespace personalize
