#include "nginx/lint/own_locations/stolen_endpoints.h"

#include <map>
#include <string>
#include <vector>

#include "base/text/text.h"
#include "nginx/endpoints/endpoint.h"
#include "nginx/platform/config_errors.h"
#include "nginx/platform/core_conf.h"
#include "nginx/platform/locations.h"
#include "nginx/platform/memory.h"
#include "nginx/platform/module.h"

namespace personalize {

namespace {

std::string name_of(const ngx_http_core_loc_conf_t& location) {
  std::string name = "location ";
#if (NGX_PCRE)
  name += location.regex != nullptr ? "~ " : "";
#endif
  name += location.exact_match != 0 ? "= " : "";
  return name + std::string(view(location.name));
}

std::string remedy(const ngx_http_core_loc_conf_t& location, const std::string& endpoint) {
#if (NGX_PCRE)
  if (location.regex != nullptr) {
    return "write \"location ^~ " + endpoint +
           " { … }\", and ^~ at the locations around it, which NGINX prefers to regular "
           "expressions";
  }
#endif
  return "leave these paths to the endpoint";
}

void warn_of_thieves(ngx_conf_t* cf, const MainConf& main, const ngx_http_core_loc_conf_t& server,
                     const Endpoint& endpoint) {
  std::map<const ngx_http_core_loc_conf_t*, std::vector<std::string>> stolen;
  for (const std::string& name : endpoint_names(main.own_widgets)) {
    const std::string path = endpoint.path + name;
    const auto& location = find_location(server, path);
    if (location.handler != serve_endpoint) {
      stolen[&location].push_back(path);
    }
  }
  for (const auto& [location, paths] : stolen) {
    const std::string others =
        paths.size() > 1 ? " and " + std::to_string(paths.size() - 1) + " more" : "";
    warn(cf, endpoint.where,
         "personalize_endpoint does not answer for " + paths.front() + others + ", since \"" +
             name_of(*location) + "\" does: " + remedy(*location, endpoint.path));
  }
}

}  // namespace

void warn_of_stolen_endpoints(ngx_conf_t* cf, const MainConf& main) {
  const auto& core = core_main_conf(cf);
  const auto* servers = static_cast<ngx_http_core_srv_conf_t* const*>(core.servers.elts);
  for (ngx_uint_t i = 0; i < core.servers.nelts; ++i) {
    const ngx_http_conf_ctx_t& context = *servers[i]->ctx;
    const auto& own =
        *static_cast<const ServerConf*>(context.srv_conf[ngx_http_personalize_module.ctx_index]);
    const auto& locations = *static_cast<const ngx_http_core_loc_conf_t*>(
        context.loc_conf[ngx_http_core_module.ctx_index]);
    for (const Endpoint& endpoint : own.endpoints) {
      warn_of_thieves(cf, main, locations, endpoint);
    }
  }
}

}  // namespace personalize
