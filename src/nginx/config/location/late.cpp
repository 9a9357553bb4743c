#include "nginx/config/location/late.h"

#include "nginx/config/reading/location_command.h"
#include "nginx/platform/config_errors.h"

namespace personalize {

ngx_command_t LateDirective::command() {
  return {ngx_string("personalize_late"),
          http_server_location | NGX_CONF_FLAG,
          [](ngx_conf_t* cf, ngx_command_t* command, void* conf) {
            auto& row = location_row<LateDirective>(conf);
            row.late_where = current_place(cf);
            return read_into(cf, command, row.fills_late, ngx_conf_set_flag_slot);
          },
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          nullptr};
}

void LateDirective::merge(ngx_conf_t*, LateDirective& outer) {
  late_where = late_where ? late_where : outer.late_where;
  ngx_conf_merge_value(fills_late, outer.fills_late, 0);
}

}  // namespace personalize
