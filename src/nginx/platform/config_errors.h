// How mistakes in the configuration are reported: as NGINX does, with file and line.
#pragma once

#include <exception>
#include <string>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"

namespace personalize {

// Returns the place of the directive that is being read.
Where current_place(const ngx_conf_t* cf);

// Prints `MESSAGE in FILE:LINE`, as NGINX does.
void log_config_error(ngx_conf_t* cf, const Where& where, const std::string& message,
                      ngx_uint_t level = NGX_LOG_EMERG);

inline void warn(ngx_conf_t* cf, const Where& where, const std::string& message) {
  log_config_error(cf, where, message, NGX_LOG_WARN);
}

// Runs `body` and turns what it throws into NGINX's way of refusing a configuration.
template <class Body>
char* guarded(ngx_conf_t* cf, Body body) noexcept {
  try {
    body();
    return NGX_CONF_OK;
  } catch (const ConfigError& error) {
    log_config_error(cf, error.where(), error.what());
  } catch (const std::exception& error) {
    log_config_error(cf, current_place(cf), error.what());
  }
  return static_cast<char*>(NGX_CONF_ERROR);
}

}  // namespace personalize
