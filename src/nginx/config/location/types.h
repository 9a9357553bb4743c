// personalize_types TYPE…
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

struct TypesDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, TypesDirective& outer);

  ngx_hash_t types{};
  ngx_array_t* types_keys = nullptr;
};

}  // namespace personalize
