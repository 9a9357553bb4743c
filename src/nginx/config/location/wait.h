// personalize_wait TIME
#pragma once

#include <optional>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"

namespace personalize {

struct WaitDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, WaitDirective& outer);

  ngx_msec_t wait = NGX_CONF_UNSET_MSEC;
  std::optional<Where> wait_where;  // nothing if it is the default
  ngx_msec_t send_timeout = 0;      // NGINX's own, merged: half of it ends the wait
};

}  // namespace personalize
