// personalize_consent [gpc=refuse|ignore] { … }
#pragma once

#include "nginx/platform/ngx.h"
#include "personalize/decision/consent.h"

namespace personalize {

struct ConsentDirective {
  static ngx_command_t command();
  // Binds the NGINX variables that the rule asks for.
  void merge(ngx_conf_t* cf, ConsentDirective& outer);

  // nullptr: there is no rule.
  Consent* consent = static_cast<Consent*>(NGX_CONF_UNSET_PTR);
};

}  // namespace personalize
