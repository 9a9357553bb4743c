// The address at which the runtime script asks which campaigns may still be shown, where the
// visitor has seen or closed something since the page was made.
#pragma once

#include "nginx/platform/ngx.h"

namespace personalize {

// A content handler: `?c=NAME&c=NAME…` is answered by those of the campaigns that must not be shown
// now, and why: {"NAME": "stopped"}, for whatever ends a campaign, or {"NAME": "capped"}.
ngx_int_t serve_forbidden(ngx_http_request_t* r);

}  // namespace personalize
