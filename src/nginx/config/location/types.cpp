#include "nginx/config/location/types.h"

#include <new>

#include "nginx/config/reading/location_command.h"

namespace personalize {

ngx_command_t TypesDirective::command() {
  return {ngx_string("personalize_types"),
          http_server_location | NGX_CONF_1MORE,
          [](ngx_conf_t* cf, ngx_command_t* command, void* conf) {
            return read_into(cf, command, location_row<TypesDirective>(conf).types_keys,
                             ngx_http_types_slot);
          },
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          &ngx_http_html_default_types[0]};
}

void TypesDirective::merge(ngx_conf_t* cf, TypesDirective& outer) {
  if (ngx_http_merge_types(cf, &types_keys, &types, &outer.types_keys, &outer.types,
                           ngx_http_html_default_types) != NGX_CONF_OK) {
    throw std::bad_alloc();
  }
}

}  // namespace personalize
