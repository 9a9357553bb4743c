#include "nginx/lint/lint.h"

#include "nginx/lint/declarations/learning_warnings.h"
#include "nginx/lint/declarations/site_warnings.h"
#include "nginx/lint/early_uses.h"
#include "nginx/lint/filter_order.h"
#include "nginx/lint/identities.h"
#include "nginx/lint/nginx_conf/client_variables.h"
#include "nginx/lint/nginx_conf/configuration_text.h"
#include "nginx/lint/own_locations/endpoint_consent.h"
#include "nginx/lint/own_locations/open_explanations.h"
#include "nginx/lint/own_locations/silenced_endpoints.h"
#include "nginx/lint/own_locations/stolen_endpoints.h"
#include "nginx/lint/waits.h"

namespace personalize {

namespace {

void warn_of_idle_cache(ngx_conf_t* cf, const MainConf& main) {
  if (main.cache != nullptr && !main.has_redis) {
    warn(cf, main.cache_where, "personalize_cache has no effect: personalize_redis is missing");
  }
}

}  // namespace

void lint(ngx_conf_t* cf, const MainConf& main, const std::vector<const ServerConf*>& servers,
          const Sites& sites) {
  const ConfigurationText read = read_configuration_text(cf);
  const auto& text = read.directives;
  const ClientVariables clients(text);
  warn_of_learning(cf, main, servers);
  warn_of_sites(cf, main, servers);
  check_variable_uses(cf, servers, sites, text);
  warn_of_open_explanations(cf, text, clients);
  warn_of_silenced_endpoints(cf, text);
  warn_of_returned_pages(cf, text);
  warn_of_endpoint_consent(cf, text);
  warn_of_stolen_endpoints(cf, main);
  warn_of_early_compressors(cf, text);
  warn_of_identities(cf, main, servers, clients);
  warn_of_idle_cache(cf, main);
  warn_of_waits(cf, main);
}

}  // namespace personalize
