#include "nginx/config/location/wait.h"

#include "nginx/config/reading/location_command.h"

namespace personalize {

namespace {

constexpr ngx_msec_t default_wait = 20;

char* read_wait(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
  char* result =
      read_into(cf, command, location_row<WaitDirective>(conf).wait, ngx_conf_set_msec_slot);
  return result != NGX_CONF_OK ? result : guarded(cf, [&] {
    const Directive directive(cf);
    directive.warn_of_seconds("personalize_wait: ", directive.arguments()[0]);
    location_row<WaitDirective>(conf).wait_where = directive.where();
  });
}

}  // namespace

ngx_command_t WaitDirective::command() {
  return {ngx_string("personalize_wait"),
          http_server_location | NGX_CONF_TAKE1,
          read_wait,
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          nullptr};
}

// NGINX merges its own directives first.
void WaitDirective::merge(ngx_conf_t* cf, WaitDirective& outer) {
  const auto& core = *static_cast<const ngx_http_core_loc_conf_t*>(
      ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
  send_timeout = core.send_timeout;
  wait_where = wait_where ? wait_where : outer.wait_where;
  ngx_conf_merge_msec_value(wait, outer.wait, default_wait);
}

}  // namespace personalize
