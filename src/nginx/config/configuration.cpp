#include "nginx/config/configuration.h"

#include <algorithm>

#include "personalize/decision/campaign_declarations.h"
#include "personalize/widgets/widgets.h"

namespace personalize {

namespace {

// A worker shares the memory of its configuration with the master, and with the other workers. To
// free it when the worker ends anyway would write to it, and so copy it: at a reload, for each of
// the old workers.
template <class T>
void destroy_unless_worker(void* conf) {
  if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_HELPER) {
    destroy_in_pool<T>(conf);
  }
}

template <class T>
T* conf(ngx_conf_t* cf) noexcept {
  try {
    return make_in_pool<T, destroy_unless_worker<T>>(cf->pool);
  } catch (const std::exception&) {
    return nullptr;
  }
}

// The parent's declarations come first: of equal priority, the first declared wins.
template <class Declared>
void inherit(std::vector<Declared>& own, const std::vector<Declared>& parent) {
  own.insert(own.begin(), parent.begin(), parent.end());
}

// Returns the names that the campaigns have in "group".
std::set<std::string> find_used_groups(const std::vector<Declaration>& campaigns) {
  std::set<std::string> names;
  for (const auto& campaign : campaigns) {
    for (const auto& statement : campaign.statements) {
      if (statement.words[0] == "group" && statement.words.size() > 1) {
        names.insert(statement.words[1]);
      }
    }
  }
  return names;
}

}  // namespace

MainConf& main_conf(ngx_http_request_t* r) {
  return *static_cast<MainConf*>(ngx_http_get_module_main_conf(r, ngx_http_personalize_module));
}

ServerConf& server_conf(ngx_http_request_t* r) {
  return *static_cast<ServerConf*>(ngx_http_get_module_srv_conf(r, ngx_http_personalize_module));
}

LocationConf& location_conf(ngx_http_request_t* r) {
  return *static_cast<LocationConf*>(ngx_http_get_module_loc_conf(r, ngx_http_personalize_module));
}

const VisitorRule* visitor_rule(ngx_http_request_t* r, const ServerConf& server) noexcept {
  return &server == &server_conf(r) ? location_conf(r).visitor : server.visitor;
}

const VisitorRule* state_rule(ngx_http_request_t* r, const ServerConf& server) noexcept {
  return server.visitor != nullptr ? server.visitor : visitor_rule(r, server);
}

MainConf& main_conf(ngx_conf_t* cf) {
  return *static_cast<MainConf*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_personalize_module));
}

ServerConf& server_conf(ngx_conf_t* cf) {
  return *static_cast<ServerConf*>(
      ngx_http_conf_get_module_srv_conf(cf, ngx_http_personalize_module));
}

void* create_main_conf(ngx_conf_t* cf) {
  return conf<MainConf>(cf);
}
void* create_server_conf(ngx_conf_t* cf) {
  return conf<ServerConf>(cf);
}
void* create_location_conf(ngx_conf_t* cf) {
  return conf<LocationConf>(cf);
}

char* init_main_conf(ngx_conf_t* cf, void* conf) {
  return guarded(cf, [&] {
    auto& main = *static_cast<MainConf*>(conf);
    if (main.locale_variable && main.locales.size() < 2) {
      warn(cf, main.locale_where,
           "personalize_locale with a variable chooses among locales, and there is one: add a line "
           "such as personalize_locale pl-PL PLN for each");
    }
    if (main.locales.is_empty()) {
      main.locales.add("en-US", "USD", {});
    }
    main.counters.add_zone(cf);
    main.labelled_counters.add_zone(cf);
    main.campaign_counters.add_zone(cf);
    main.experiment_visitors.add_zone(cf);
    main.lifetime.add_zone(cf);
    main.shared_switches.add_zone(cf);
    main.shared_allocations.add_zone(cf);
    main.view_tickets.add_zone(cf);
    main.shared_claims.add_zone(cf);
    main.plans.store = make_in_pool<PlanStore>(cf->pool);
    main.plans.store->add_zone(cf, main.plans.where.value_or(current_place(cf)),
                               main.plans.zone_name, main.plans.zone_size);
    if (main.events.is_on()) {
      main.shared_events.add_zone(cf);
    }
    if (main.learn) {
      main.shared_learning.add_zone(cf);
    }
    if (main.has_redis) {
      main.redis_status.add_zone(cf);
    }
    if (main.has_redis || main.events.is_on()) {
      main.newcomers.add_zone(cf);
    }
  });
}

char* merge_server_conf(ngx_conf_t* cf, void* parent, void* child) {
  return guarded(cf, [&] {
    const auto& http = *static_cast<ServerConf*>(parent);
    auto& server = *static_cast<ServerConf*>(child);

    server.has_own_site =
        !server.segments.empty() || !server.values.empty() || !server.groups.empty() ||
        !server.campaigns.empty() || !server.experiments.empty() || !server.chains.empty() ||
        !server.forms.empty() || server.session != nullptr || server.person != nullptr;
    inherit(server.segments, http.segments);
    inherit(server.values, http.values);
    inherit(server.chains, http.chains);
    inherit(server.forms, http.forms);
    inherit(server.experiments.experiments, http.experiments.experiments);
    inherit(server.experiments.holdouts, http.experiments.holdouts);
    inherit(server.experiments.features, http.experiments.features);
    inherit(server.groups, http.groups);
    inherit(server.campaigns, http.campaigns);
    server.used_groups = find_used_groups(server.campaigns);
    server.campaigns = expand_campaigns(server.campaigns, server.groups);
    std::for_each(server.campaigns.begin(), server.campaigns.end(), add_default_rules);
    server.visitor = server.visitor == nullptr ? http.visitor : server.visitor;
    server.person = server.person == nullptr ? http.person : server.person;
    if (server.person != nullptr && !server.person->on) {
      server.person = nullptr;
    }
    server.session = server.session == nullptr ? http.session : server.session;
    server.bots = server.bots == nullptr ? http.bots : server.bots;
    if (server.preview == nullptr) {
      server.preview = http.preview;
    } else if (server.endpoints.empty()) {
      warn(cf, server.preview_where,
           "personalize_preview needs a location with personalize_endpoint in this server, under "
           "which its links are");
    }
  });
}

char* merge_location_conf(ngx_conf_t* cf, void* parent, void* child) {
  auto& location = *static_cast<LocationConf*>(child);
  return guarded(cf, [&] {
    location.merge(cf, *static_cast<LocationConf*>(parent));
    main_conf(cf).locations.push_back({&location, &server_conf(cf)});
  });
}

}  // namespace personalize
