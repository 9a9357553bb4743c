// The configuration of NGINX's own core module, which holds phases, servers and variables.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// While the configuration is read.
inline ngx_http_core_main_conf_t& core_main_conf(ngx_conf_t* cf) noexcept {
  return *static_cast<ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
}

inline const ngx_http_core_main_conf_t& core_main_conf(const ngx_http_request_t* r) noexcept {
  return *static_cast<const ngx_http_core_main_conf_t*>(
      ngx_http_get_module_main_conf(r, ngx_http_core_module));
}

// Of the location that answers the request.
inline const ngx_http_core_loc_conf_t& core_loc_conf(const ngx_http_request_t* r) noexcept {
  return *static_cast<const ngx_http_core_loc_conf_t*>(
      ngx_http_get_module_loc_conf(r, ngx_http_core_module));
}

}  // namespace personalize
