#include "nginx/lint/lint.h"

#include "nginx/lint/early_uses.h"
#include "nginx/lint/open_explanations.h"
#include "nginx/lint/site_warnings.h"

namespace personalize {

void lint(ngx_conf_t* cf, const MainConf& main, const std::vector<const ServerConf*>& servers,
          const Sites& sites) {
  warn_of_sites(cf, main, servers);
  check_variable_uses(cf, servers, sites);
  warn_of_open_explanations(cf, main);
}

}  // namespace personalize
