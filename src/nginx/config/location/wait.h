// personalize_wait TIME
#pragma once

#include <optional>

#include "nginx/platform/ngx.h"
#include "personalize/base/config_error.h"

namespace personalize {

// Returns how long a page can be held at most: NGINX's send_timeout runs meanwhile, and would cut
// the page off, so that a wait ends well before.
constexpr ngx_msec_t most_wait(ngx_msec_t send_timeout) {
  return send_timeout / 2;
}

struct WaitDirective {
  static ngx_command_t command();
  void merge(ngx_conf_t* cf, WaitDirective& outer);

  ngx_msec_t wait = NGX_CONF_UNSET_MSEC;
  std::optional<Where> wait_where;  // nothing if it is the default
  ngx_msec_t send_timeout = 0;      // NGINX's own, merged; see most_wait()
};

}  // namespace personalize
