#include "nginx/config/compile.h"

#include <algorithm>
#include <set>

#include "base/text/text.h"
#include "nginx/config/configuration.h"
#include "nginx/config/site/bind_variables.h"
#include "nginx/config/site/site_compiler.h"
#include "nginx/config/site/variable_needs.h"
#include "nginx/config/slot_matchers.h"
#include "nginx/config/slot_places.h"
#include "nginx/config/visitors.h"
#include "nginx/delivery/event_file.h"
#include "nginx/endpoints/explaining/explain.h"
#include "nginx/lint/lint.h"
#include "nginx/platform/core_conf.h"
#include "personalize/claims/claim_keys.h"
#include "personalize/claims/draw.h"
#include "personalize/record/metrics.h"
#include "personalize/redis/subscription.h"

namespace personalize {

namespace {

// Returns them in the order of their blocks.
std::vector<ServerConf*> all_servers(ngx_conf_t* cf) {
  const auto& core = core_main_conf(cf);
  const auto* servers = static_cast<ngx_http_core_srv_conf_t* const*>(core.servers.elts);
  std::vector<ServerConf*> result;
  std::transform(servers, servers + core.servers.nelts, std::back_inserter(result),
                 [](const ngx_http_core_srv_conf_t* server) {
                   return static_cast<ServerConf*>(
                       server->ctx->srv_conf[ngx_http_personalize_module.ctx_index]);
                 });
  return result;
}

void check_sources(const MainConf& main) {
  if (!main.sources.empty() && !main.has_redis) {
    const SourceDeclaration& source = main.sources.front();
    throw ConfigError(source.where,
                      "personalize_source " + quoted(source.name) + " needs personalize_redis");
  }
}

// Checks that no later directive of the block, such as proxy_pass, has silently replaced a handler.
void check_answering_locations(const MainConf& main) {
  for (const auto& location : main.answering) {
    if (location.core->handler != location.handler) {
      throw ConfigError(location.where, location.directive +
                                            " needs a location of its own: another directive "
                                            "answers in this one");
    }
  }
}

std::vector<std::string> collect_metrics(const MainConf& main) {
  std::set<std::string> metrics;
  for (const auto& entry : main.locations) {
    if (entry.location->conversions != nullptr) {
      for (const Conversion& conversion : *entry.location->conversions) {
        metrics.insert(conversion.metric);
      }
    }
  }
  return {metrics.begin(), metrics.end()};
}

void warn_of_conversions(ngx_conf_t* cf, const MainConf& main) {
  for (const auto& entry : main.locations) {
    if (entry.location->conversions != nullptr) {
      warn(cf, entry.location->conversions->front().where,
           "personalize_convert does nothing without personalize_events or personalize_learn");
      return;
    }
  }
}

void check_events(ngx_conf_t* cf, const MainConf& main, const std::vector<ServerConf*>& servers) {
  const EventOptions& events = main.events;
  if (!events.is_on()) {
    const bool keeps_sessions =
        std::any_of(servers.begin(), servers.end(),
                    [](const ServerConf* server) { return server->session != nullptr; });
    if (!keeps_sessions && !main.learn) {
      warn_of_conversions(cf, main);
    }
    return;
  }
  if (events.file != nullptr && EventFile::is_taken(*events.file)) {
    throw ConfigError(*events.where,
                      "personalize_events: file=" + std::string(view(events.file->name)) +
                          " cannot be used: it is the file of a log");
  }
  if (!events.stream.empty() && !main.has_redis) {
    throw ConfigError(*events.where, "personalize_events: stream= needs personalize_redis");
  }
  if (events.salt.empty()) {
    warn(cf, *events.where,
         "personalize_events lacks salt_file=: after NGINX was stopped, and at another NGINX, "
         "events "
         "have other visitors");
  }
  if (main.visitors.empty()) {
    warn(
        cf, *events.where,
        "personalize_events writes nothing without personalize_visitor: events are of visitors who "
        "are recognized");
  }
}

void check_learning(const MainConf& main) {
  if (main.learn && !main.has_redis) {
    throw ConfigError(*main.learn_where,
                      "personalize_learn needs personalize_redis: what is learned is there");
  }
}

// Returns the attributes of which exposures and conversions tell: by default those that are known
// anyway.
std::vector<std::string> event_attributes(const MainConf& main) {
  if (!main.events.is_on()) {
    return {};
  }
  if (main.events.attributes) {
    return *main.events.attributes;
  }
  std::vector<std::string> names = {"device.type"};
  if (main.geo.size() != 0) {
    names.emplace_back("geo.country");
  }
  return names;
}

void check_server(ngx_conf_t* cf, const MainConf& main, const ServerConf& server) {
  const PersonRule* person = server.person;
  if (person != nullptr && !is_known_variable(cf, ascii::lowered(person->variable_name))) {
    throw ConfigError(person->where,
                      "personalize_person: NGINX has no variable $" + person->variable_name);
  }
  if (person != nullptr && !main.has_redis) {
    throw ConfigError(person->where, "personalize_person needs personalize_redis");
  }
  if (server.session != nullptr && server.session->on && !main.has_redis) {
    throw ConfigError(server.session->where, "personalize_session needs personalize_redis");
  }
  if (!server.forms.empty() && !main.has_redis) {
    throw ConfigError(server.forms.front().where, "personalize_collect needs personalize_redis");
  }
}

void compile_widgets(ngx_conf_t* cf, MainConf& main) {
  for (const auto& widget : main.widgets) {
    main.own_widgets.add(widget, std::string(view(cf->cycle->conf_prefix)));
  }
  for (const auto& [where, message] : main.own_widgets.warnings()) {
    warn(cf, where, message);
  }
}

// Sets the site of each server, and returns the different ones.
const LocationConf& http_location(ngx_conf_t* cf) {
  return *static_cast<LocationConf*>(
      ngx_http_conf_get_module_loc_conf(cf, ngx_http_personalize_module));
}

AttributeSlots find_attribute_slots(ngx_conf_t* cf, const MainConf& main) {
  std::set<const std::vector<SlotDeclaration>*> added = {nullptr};
  AttributeSlots slots;
  const auto add = [&](const std::vector<SlotDeclaration>* declarations) {
    if (added.insert(declarations).second) {
      slots.add(*declarations);
    }
  };
  add(http_location(cf).slots);
  for (const auto& entry : main.locations) {
    add(entry.location->slots);
  }
  return slots;
}

Sites compile_sites(ngx_conf_t* cf, const MainConf& main, const std::vector<ServerConf*>& servers,
                    const AttributeSlots& attribute_slots) {
  const bool has_preview =
      std::any_of(servers.begin(), servers.end(),
                  [](const ServerConf* server) { return server->preview != nullptr; });
  const std::vector<std::string> of_events = event_attributes(main);
  const Where events_where = main.events.where.value_or(Where());
  Sites sites;
  std::shared_ptr<const Site> common;  // of servers that declare nothing
  for (ServerConf* server : servers) {
    check_server(cf, main, *server);
    if (!server->has_own_site && common != nullptr) {
      server->site = common;
      continue;
    }
    server->site = compile_site(
        cf, {main.sources, main.cache_times, server->segments, server->values, server->campaigns,
             server->chains, server->forms, server->experiments, server->session, server->person,
             std::string(view(cf->cycle->conf_prefix)), of_events, events_where, has_preview,
             static_cast<std::uint32_t>(sites.size()), main.own_widgets,
             main.learn ? &*main.learn : nullptr, attribute_slots});
    common = server->has_own_site ? common : server->site;
    sites.push_back(server->site);
  }
  return sites;
}

std::vector<ExperimentWeights::Variant> weights_of(const Program& program, ExperimentId id) {
  std::vector<ExperimentWeights::Variant> weights;
  for (VariantShare& one : program.variant_shares(id)) {
    weights.push_back({std::move(one.variant), one.share});
  }
  return weights;
}

// Checks that there is a Redis to keep claims and offers.
void check_claims(const MainConf& main, const std::vector<ServerConf*>& servers) {
  for (const ServerConf* server : servers) {
    const Program& program = *server->site->program;
    for (CampaignId id = 0; id < program.campaign_count() && !main.has_redis; ++id) {
      if (program.keeps_offers(id) && id < server->campaigns.size()) {
        throw ConfigError(server->campaigns[id].where,
                          "campaign " + quoted(program.campaign_name(id)) +
                              " needs personalize_redis: what it keeps of an offer is there");
      }
      if (program.is_claimed(id) && id < server->campaigns.size()) {
        throw ConfigError(server->campaigns[id].where,
                          "campaign " + quoted(program.campaign_name(id)) +
                              " needs personalize_redis: what visitors claim is kept there");
      }
    }
  }
}

// Adds what is to be known of codes and prizes before somebody claims them.
void add_pools(const Site& site, PoolPlan& plan) {
  for (const auto& pool : site.pools) {
    if (pool && !pool->name.empty()) {
      plan.add_pool(pool->name);
    }
  }
  auto* memory = std::pmr::get_default_resource();
  for (CampaignId id = 0; id < site.contents.size(); ++id) {
    for (const OfferedPrize& offered : site.contents[id].prizes()) {
      const WeightedPrize one{{offered.code, offered.text, offered.stock}, offered.weight};
      if (const auto pool = pool_of(one.prize); !pool.empty()) {
        plan.add_pool(pool);
      }
      if (offered.stock) {
        plan.add_claims(stock_key(site.program->campaign_name(id), one.name(), memory));
      }
    }
  }
}

// Tells the parts that serve all sites together what the sites have.
void add_sites(MainConf& main, const Sites& sites) {
  for (const auto& site : sites) {
    const Program& program = *site->program;
    main.switches.add(program.switch_names());
    main.campaign_counters.declare(program);
    main.weight_plan.add(program);
    if (!program.allocated().empty() && !main.has_redis) {
      throw ConfigError(program.allocated().front().where,
                        "\"allocate\" needs personalize_redis: what is learned is in Redis");
    }
    for (ExperimentId id = 0; id < program.experiment_count(); ++id) {
      for (const std::string& variant : site->attributes.variants(id)) {
        main.labelled_counters.declare(metrics::exposures, {program.experiment_name(id), variant});
      }
      main.weights.add(program.experiment_name(id), weights_of(program, id));
    }
    add_pools(*site, main.pools);
    for (const Source& source : site->sources) {
      main.redis.max_reply = std::max<std::size_t>(main.redis.max_reply, source.max + 1);
    }
    for (const Chain& chain : site->chains) {
      if (!main.has_redis) {
        throw ConfigError(chain.where, "personalize_recommend " + quoted(chain.name) +
                                           " needs personalize_redis");
      }
      if (chain.items) {
        main.redis.max_reply = std::max<std::size_t>(main.redis.max_reply, chain.items->max + 1);
      }
    }
  }
}

// Returns what is looked up: the sources, which all servers have, and those of recommendations,
// which a server has for itself.
std::vector<const Source*> all_sources(const Sites& sites) {
  std::vector<const Source*> sources;
  for (const auto& site : sites) {
    for (std::size_t i = 0; i < site->sources.size(); ++i) {
      const bool is_new = site == sites.front() || i >= site->first_of_chains;
      if (is_new && site->chain(i) == nullptr) {
        sources.push_back(&site->sources[i]);
      }
    }
    for (const Chain& chain : site->chains) {
      if (chain.items) {
        sources.push_back(&*chain.items);
      }
    }
  }
  return sources;
}

// Returns the prefixes of the keys whose changes Redis is to announce.
std::vector<std::string> choose_prefixes(ngx_conf_t* cf, const MainConf& main, const Sites& sites) {
  if (main.cache == nullptr || !main.invalidation || sites.empty()) {
    return {};
  }
  std::vector<std::string> heads;
  for (const Source* looked_up : all_sources(sites)) {
    const Source& source = *looked_up;
    if (source.times.ttl_ms == 0 || source.type == SourceType::gathered) {
      continue;
    }
    if (source.key.head().empty()) {
      warn(
          cf, source.where,
          "the key of source " + quoted(source.name) +
              " begins with an attribute, so Redis cannot announce its changes: documents are used "
              "until their ttl= has passed. Begin the key with a word, as in key=" +
              source.name + ":${visitor.id}");
      continue;
    }
    heads.emplace_back(source.key.head());
  }
  // If Redis announces changes of documents anyway, it can announce those of switches too.
  if (!heads.empty() && !main.switches.names.empty()) {
    heads.emplace_back(RedisSwitches::key);
  }
  return minimal_prefixes(std::move(heads));
}

// Returns the documents without which the request is not to go on to the upstream.
SourceSet needs_before_upstream(const Site& site, const BeforeUpstreamDirective& directive) {
  SourceSet needs = needs_of_sticky_experiments(site);
  if (directive.held_for.empty()) {
    return needs | needs_of_all_variables(site);
  }
  for (const auto& variable : directive.held_for) {
    needs |= needs_of_variable(site, variable);
  }
  return needs;
}

void check_held_variables(const MainConf& main, const Sites& sites) {
  for (const auto& entry : main.locations) {
    for (const auto& variable : entry.location->held_for) {
      check_variant_variable(variable, sites, entry.location->held_at);
    }
  }
}

bool issues_ids(const VisitorRule* visitor) {
  return visitor != nullptr && visitor->cookie != nullptr && visitor->cookie->options().issue;
}

// Returns whether responses of the location can be personal: personalize is on, and something that
// decides is declared. Views that are written as events, or learned from, count as that.
bool can_decide(const MainConf& main, const ServerConf& server, const LocationConf& location) {
  const bool has_session = server.session != nullptr && server.session->on;
  const bool decides =
      has_session || !server.segments.empty() || !server.campaigns.empty() ||
      !server.experiments.empty() || issues_ids(location.visitor) ||
      location.before_upstream != 0 ||
      ((main.learn || (main.events.is_on() && main.events.views)) && location.visitor != nullptr);
  return location.enable != 0 && decides;
}

// Returns whether something would be counted of a page that is looked at.
bool counts_views(const MainConf& main, const Site& site) {
  const EventOptions& events = main.events;
  return site.session != nullptr || main.learn || site.program->experiment_count() != 0 ||
         (events.is_on() && (events.views || !site.program->campaigns_with_holdout().empty()));
}

// Finds the features of which pages of the location tell.
void compile_state(LocationConf& location, const Site& site) {
  if (location.tells_state == 0) {
    return;
  }
  const auto& names = site.attributes.features();
  for (FeatureId id = 0; location.tells_all_features && id < names.size(); ++id) {
    location.state_features.push_back(id);
  }
  for (const auto& name : location.told_features) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      throw ConfigError(location.state_where,
                        "personalize_state: unknown feature " + quoted(name) +
                            (names.empty() ? ": no personalize_features names a file with features"
                                           : "; features are " + list_names(names)));
    }
    location.state_features.push_back(static_cast<FeatureId>(found - names.begin()));
  }
  for (const FeatureId id : location.state_features) {
    location.state_needs |= site.closure(site.program->feature_needs(id));
  }
  location.needs |= location.state_needs;
}

// Finds the slots that may be filled after the page has passed them: all but its ends.
void compile_late(LocationConf& location, const Site& site) {
  const Program& program = *site.program;
  if (location.fills_late == 0 || location.endpoint.empty()) {
    return;
  }
  const auto is_end = [](std::string_view place) {
    return ascii::starts_with(place, "head-") || ascii::starts_with(place, "body-");
  };
  for (const auto& name : program.slots()) {
    const bool is_at_end =
        is_end(name) ||
        (location.slots != nullptr && std::any_of(location.slots->begin(), location.slots->end(),
                                                  [&](const SlotDeclaration& one) {
                                                    return one.name == name && is_end(one.selector);
                                                  }));
    location.late_slots.push_back(!is_at_end);
  }
}

void compile_location(ngx_conf_t* cf, const MainConf& main, LocationConf& location,
                      const ServerConf& server, Matchers& matchers) {
  const Site& site = *server.site;
  const Program& program = *site.program;

  if (location.has_own_slots) {
    // Even if nothing is personalized now: a mistake should not wait for `personalize on`.
    check_slots(*location.slots, program);
    matchers.get(site, location.slots, site.has_previews);
  }
  if (!can_decide(main, server, location)) {
    return;
  }

  location.site = &site;
  location.endpoint = find_endpoint(server, location.visitor);
  location.matcher = matchers.get(site, location.slots, site.has_previews);
  location.takes_tickets = counts_views(main, site) && !location.endpoint.empty();
  location.loads_scripts = !site.scripts.empty() && !location.endpoint.empty();
  compile_state(location, site);
  compile_late(location, site);
  if (location.tells_state != 0 || !location.late_slots.empty()) {
    location.slot_places = write_slot_places(site, location.slots);
    location.element_places = write_element_places(site, location.slots);
  }
  const bool may_have_end = location.takes_tickets || location.loads_scripts ||
                            location.tells_state != 0 || !location.late_slots.empty();
  location.end_matcher = may_have_end ? matchers.get(site, location.slots, true) : location.matcher;
  if (site.visual) {
    location.visual_matcher = matchers.get_with_visual(site, location.slots);
  }
  for (const auto* all : {&site.slot_needs, &site.visual_needs}) {
    for (const SourceSet& needs : *all) {
      location.needs |= needs;
    }
  }
  location.needs |= needs_of_used_variables(cf, site);
  for (const AttributeId id : site.event_attributes) {
    location.needs |= site.closure(direct_needs(site.attributes[id]) |
                                   program.attribute_needs(site.attributes[id]));
  }
  if (location.before_upstream != 0) {
    const SourceSet needs = needs_before_upstream(site, location);
    location.needs |= needs;
    location.awaited = site.before_page(needs);
  }
}

// Frees what has been compiled: of thousands of campaigns it is a lot, and a reload has both
// configurations for a while. Only personalize_explain still shows it.
void forget_declarations(ngx_conf_t* cf, const MainConf& main,
                         const std::vector<ServerConf*>& servers) {
  const bool is_explained = std::any_of(
      main.answering.begin(), main.answering.end(),
      [](const AnsweringLocation& location) { return location.handler == serve_explanation; });
  const auto forget = [](ServerConf& server) {
    server.segments = std::vector<Declaration>();
    server.values = std::vector<Declaration>();
    server.groups = std::vector<Declaration>();
    server.campaigns = std::vector<Declaration>();
    server.chains = std::vector<Declaration>();
    server.forms = std::vector<Declaration>();
    server.experiments = ExperimentText();
  };
  if (!is_explained) {
    forget(server_conf(cf));  // of the level of http
    for (ServerConf* server : servers) {
      forget(*server);
    }
  }
}

}  // namespace

char* compile_configuration(ngx_conf_t* cf) {
  return guarded(cf, [&] {
    MainConf& main = main_conf(cf);
    const auto servers = all_servers(cf);
    main.visitors = collect_visitors(cf, main, servers);
    choose_endpoints(servers);
    check_sources(main);
    check_events(cf, main, servers);
    check_learning(main);
    main.metrics = collect_metrics(main);
    check_answering_locations(main);
    compile_widgets(cf, main);
    const AttributeSlots attribute_slots = find_attribute_slots(cf, main);
    const Sites sites = compile_sites(cf, main, servers, attribute_slots);
    check_http_slots(cf, sites);
    check_held_variables(main, sites);
    check_claims(main, servers);
    add_sites(main, sites);
    main.prefixes = choose_prefixes(cf, main, sites);
    Matchers matchers(main.matchers, attribute_slots);
    for (const auto& [location, server] : main.locations) {
      compile_location(cf, main, *location, *server, matchers);
    }
    lint(cf, main, {servers.begin(), servers.end()}, sites);
    forget_declarations(cf, main, servers);
  });
}

}  // namespace personalize
