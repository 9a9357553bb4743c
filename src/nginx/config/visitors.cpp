#include "nginx/config/visitors.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "nginx/config/site/bind_variables.h"

namespace personalize {

namespace {

// Of one name, browsers keep one cookie: ids of the one rule would be none to the other.
void check_cookies(const VisitorRule& rule, const VisitorRule& other) {
  const VisitorOptions& options = rule.cookie->options();
  const bool is_same_domain = options.domain == other.cookie->options().domain;
  if (is_same_domain && rule.ticket_keys == other.ticket_keys) {
    return;
  }
  throw ConfigError(rule.where, "personalize_visitor: cookie " + quoted(options.cookie) +
                                    " of this server has another " +
                                    (is_same_domain ? "secret_file" : "domain") + " in " +
                                    other.where.text() +
                                    ", so that each would replace the other's ids: write another "
                                    "name");
}

void check_variable(ngx_conf_t* cf, const VisitorRule& rule) {
  if (rule.cookie == nullptr && !is_known_variable(cf, ascii::lowered(rule.variable_name))) {
    throw ConfigError(rule.where,
                      "personalize_visitor: NGINX has no variable $" + rule.variable_name);
  }
}

const Endpoint* find_own(const ServerConf& server, const VisitorRule* visitor) {
  const auto& endpoints = server.endpoints;
  const auto found = std::find_if(
      endpoints.rbegin(), endpoints.rend(),
      [&](const Endpoint& endpoint) { return are_alike(endpoint.location->visitor, visitor); });
  return found == endpoints.rend() ? nullptr : &*found;
}

}  // namespace

std::vector<VisitorRule*> collect_visitors(ngx_conf_t* cf, const MainConf& main,
                                           const std::vector<ServerConf*>& servers) {
  std::vector<VisitorRule*> rules;
  std::map<std::pair<const ServerConf*, std::string>, const VisitorRule*> cookies;
  const auto add = [&](const ServerConf& server, VisitorRule* rule) {
    if (rule == nullptr) {
      return;
    }
    if (std::find(rules.begin(), rules.end(), rule) == rules.end()) {
      check_variable(cf, *rule);
      rules.push_back(rule);
    }
    if (rule->cookie != nullptr) {
      const auto known = cookies.insert({{&server, rule->cookie->options().cookie}, rule}).first;
      check_cookies(*rule, *known->second);
    }
  };
  for (ServerConf* server : servers) {
    add(*server, server->visitor);
  }
  for (const auto& [location, server] : main.locations) {
    add(*server, location->visitor);
  }
  return rules;
}

void choose_endpoints(const std::vector<ServerConf*>& servers) {
  for (ServerConf* server : servers) {
    const Endpoint* own = find_own(*server, server->visitor);
    if (own == nullptr && !server->endpoints.empty()) {
      own = &server->endpoints.back();
    }
    server->endpoint = own == nullptr ? std::string() : own->path;
  }
}

std::string_view find_endpoint(const ServerConf& server, const VisitorRule* visitor) {
  const Endpoint* own = find_own(server, visitor);
  return own == nullptr ? server.endpoint : own->path;
}

}  // namespace personalize
