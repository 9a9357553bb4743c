// personalize_plans on|off, and in http zone=NAME:SIZE [max=SIZE] [gzip=on|off] [level=N]
#pragma once

#include <cstddef>

#include "nginx/platform/ngx.h"

namespace personalize {

struct PlansDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, PlansDirective& outer);

  ngx_flag_t plans_enabled = NGX_CONF_UNSET;
};

}  // namespace personalize
