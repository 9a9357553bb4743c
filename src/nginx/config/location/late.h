// personalize_late on | off
#pragma once

#include <optional>
#include <vector>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"

namespace personalize {

struct LateDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, LateDirective& outer);

  // Whether slots whose documents are late keep their default, and are filled by a script.
  ngx_flag_t fills_late = NGX_CONF_UNSET;
  std::optional<Where> late_where;  // nothing if it is the default
  // Compiled: by SlotId, whether it can be filled late.
  std::vector<bool> late_slots;
};

}  // namespace personalize
