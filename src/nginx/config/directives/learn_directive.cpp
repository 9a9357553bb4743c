#include "nginx/config/directives/learn_directive.h"

#include "nginx/config/configuration.h"
#include "nginx/config/reading/directive.h"

namespace personalize {

char* read_learn(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    MainConf& main = *static_cast<MainConf*>(conf);
    const Directive directive(cf);
    if (main.learn_where) {
      directive.refuse(" is duplicate");
    }
    main.learn_where = directive.where();
    if (directive.arguments() != Arguments{"off"}) {
      main.learn = parse_learn(directive.arguments(), directive.where());
    }
  });
}

}  // namespace personalize
