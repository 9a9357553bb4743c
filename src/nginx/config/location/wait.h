// personalize_wait TIME
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

struct WaitDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, WaitDirective& outer);

  ngx_msec_t wait = NGX_CONF_UNSET_MSEC;
};

}  // namespace personalize
