// Which personalize_visitor applies where: servers can have one, and locations of them others.
#pragma once

#include <string_view>
#include <vector>

#include "nginx/config/configuration.h"

namespace personalize {

// Returns those of all servers and locations, each once, in the order of the configuration. Throws
// ConfigError if one cannot work, or two of a server stand in each other's way.
std::vector<VisitorRule*> collect_visitors(ngx_conf_t* cf, const MainConf& main,
                                           const std::vector<ServerConf*>& servers);

// Sets the servers' own endpoints, which their visitors' pages use.
void choose_endpoints(const std::vector<ServerConf*>& servers);

// Returns where pages report whose visitors are recognized by the rule: to an endpoint where they
// are recognized by the same, or else to any; "" if there is none. Lives as long as the server.
std::string_view find_endpoint(const ServerConf& server, const VisitorRule* visitor);

}  // namespace personalize
