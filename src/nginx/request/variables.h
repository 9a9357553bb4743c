// $personalize_… variables.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// Called in preconfiguration.
ngx_int_t add_variables(ngx_conf_t* cf);

}  // namespace personalize
