// personalize_before_upstream on | off | $variable…
#pragma once

#include <string>
#include <vector>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"

namespace personalize {

struct BeforeUpstreamDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, BeforeUpstreamDirective& outer);

  // Whether requests are held before the upstream is asked.
  ngx_flag_t before_upstream = NGX_CONF_UNSET;
  // For the documents of these variables, named without `$`; empty: for those of all variables.
  std::vector<std::string> held_for;
  Where held_at;  // where they are named
};

}  // namespace personalize
