// personalize_limits [token=SIZE] [content=SIZE] [held=SIZE]
#pragma once

#include <cstddef>

#include "nginx/platform/ngx.h"

namespace personalize {

struct LimitsDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, LimitsDirective& outer);

  // Bytes.
  std::size_t token_limit = NGX_CONF_UNSET_SIZE;
  std::size_t content_limit = NGX_CONF_UNSET_SIZE;
  std::size_t held_limit = NGX_CONF_UNSET_SIZE;
};

}  // namespace personalize
