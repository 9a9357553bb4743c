// personalize on | off
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

struct PersonalizeDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, PersonalizeDirective& outer);

  ngx_flag_t enable = NGX_CONF_UNSET;
};

}  // namespace personalize
