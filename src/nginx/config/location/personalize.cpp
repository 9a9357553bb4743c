#include "nginx/config/location/personalize.h"

#include "nginx/config/reading/location_command.h"

namespace personalize {

ngx_command_t PersonalizeDirective::command() {
  return {ngx_string("personalize"),
          http_server_location | NGX_HTTP_LIF_CONF | NGX_CONF_FLAG,
          [](ngx_conf_t* cf, ngx_command_t* command, void* conf) {
            return read_into(cf, command, location_row<PersonalizeDirective>(conf).enable,
                             ngx_conf_set_flag_slot);
          },
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          nullptr};
}

void PersonalizeDirective::merge(ngx_conf_t*, PersonalizeDirective& outer) {
  ngx_conf_merge_value(enable, outer.enable, 0);
}

}  // namespace personalize
