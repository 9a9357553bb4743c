// What is the same for all workers is logged by one of them.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// Returns the level at which this worker logs what the first one logs at that level.
inline ngx_uint_t level_of_first_worker(ngx_uint_t level) noexcept {
  return ngx_worker == 0 ? level : NGX_LOG_INFO;
}

}  // namespace personalize
