#include "nginx/config/configuration.h"

#include <algorithm>

#include "base/text.h"
#include "nginx/config/site_experiments.h"
#include "nginx/config/site_sources.h"
#include "nginx/lint/open_explanations.h"
#include "nginx/lint/variable_needs.h"
#include "personalize/redis/subscription.h"
#include "personalize/widgets/widgets.h"

namespace personalize {

namespace {

constexpr ngx_msec_t default_wait = 20;
constexpr std::size_t default_held = std::size_t{1024} * 1024;

template <class T>
T* conf(ngx_conf_t* cf) noexcept {
  try {
    return make_in_pool<T>(cf->pool);
  } catch (const std::exception&) {
    return nullptr;
  }
}

MainConf& main_conf_of(ngx_conf_t* cf) {
  return *static_cast<MainConf*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_personalize_module));
}

void compile_sources(Site& site, const MainConf& main) {
  for (const auto& declaration : main.sources) {
    const std::vector<std::string_view> parameters(declaration.parameters.begin(),
                                                   declaration.parameters.end());
    site.sources.push_back(parse_source(declaration.name, parameters, main.cache_times,
                                        site.attributes, declaration.where));
  }
}

void add_session(Site& site, const MainConf& main, const SessionRule& rule) {
  if (rule.on && !main.has_redis) {
    throw ConfigError(rule.where,
                      "personalize_session has nowhere to keep sessions: personalize_redis is "
                      "missing");
  }
  site.session = rule.on ? &rule.options : nullptr;
  for (auto& source : session_sources(site.attributes, rule.where)) {
    site.sources.push_back(std::move(source));
  }
}

std::string lower_case(std::string s) {
  ngx_strlow(reinterpret_cast<u_char*>(s.data()), reinterpret_cast<u_char*>(s.data()), s.size());
  return s;
}

bool is_known_variable(ngx_conf_t* cf, std::string_view name) {
  auto* core = static_cast<ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));

  const auto* keys = static_cast<const ngx_hash_key_t*>(core->variables_keys->keys.elts);
  for (ngx_uint_t i = 0; i < core->variables_keys->keys.nelts; ++i) {
    if (view(keys[i].key) == name) {
      return true;
    }
  }
  const auto* prefixes = static_cast<const ngx_http_variable_t*>(core->prefix_variables.elts);
  for (ngx_uint_t i = 0; i < core->prefix_variables.nelts; ++i) {
    if (name.substr(0, prefixes[i].name.len) == view(prefixes[i].name)) {
      return true;
    }
  }
  return false;
}

void bind_variables(ngx_conf_t* cf, AttributeTable& attributes) {
  for (AttributeId id = 0; id < attributes.size(); ++id) {
    Attribute& attribute = attributes[id];
    if (attribute.root != Root::variable) {
      continue;
    }
    const std::string lower = lower_case(attribute.name);
    if (!is_known_variable(cf, lower)) {
      throw ConfigError(attribute.where, "unknown attribute " + quoted(attribute.spelling) +
                                             ": NGINX has no variable $" + attribute.name);
    }
    ngx_str_t name = ngx_view(copy_to_pool(cf->pool, lower));
    const ngx_int_t index = ngx_http_get_variable_index(cf, &name);
    if (index == NGX_ERROR) {
      throw ConfigError(attribute.where, "variable $" + attribute.name + " cannot be used");
    }
    attribute.index = static_cast<std::uint32_t>(index);
  }
}

void check_visitor(ngx_conf_t* cf, const VisitorRule* visitor) {
  if (visitor != nullptr && visitor->cookie == nullptr &&
      !is_known_variable(cf, lower_case(visitor->variable_name))) {
    throw ConfigError(visitor->where,
                      "personalize_visitor: NGINX has no variable $" + visitor->variable_name);
  }
}

// Attributes that can never have a value here are most likely a directive forgotten.
void warn_of_empty_roots(ngx_conf_t* cf, const MainConf& main, const ServerConf& server) {
  const auto& attributes = server.site->attributes;
  for (AttributeId id = 0; id < attributes.size(); ++id) {
    const Attribute& attribute = attributes[id];
    const char* remedy = nullptr;
    if (attribute.root == Root::visitor && server.visitor == nullptr) {
      remedy = "without personalize_visitor nobody is recognised";
    } else if (attribute.root == Root::geo && main.geo.size() == 0) {
      remedy = "without personalize_geoip no place is known";
    } else if (attribute.root == Root::page && !main.has_page) {
      remedy = "without personalize_page nothing is known of pages";
    }
    if (remedy != nullptr) {
      log_config_error(cf, attribute.where,
                       "attribute " + quoted(attribute.spelling) + " is always missing: " + remedy,
                       NGX_LOG_WARN);
    }
  }
}

void warn_of_idle_session(ngx_conf_t* cf, const ServerConf& server) {
  if (server.site->session != nullptr && server.visitor == nullptr) {
    log_config_error(cf, server.session->where,
                     "personalize_session keeps nothing: without personalize_visitor nobody is "
                     "recognised",
                     NGX_LOG_WARN);
  }
}

// What a widget does unless the campaign says otherwise, a campaign of it might have said.
std::vector<Declaration> with_default_rules(std::vector<Declaration> campaigns) {
  for (auto& campaign : campaigns) {
    add_default_rules(campaign);
  }
  return campaigns;
}

bool says(const Declaration& campaign, std::string_view word, std::string_view value) {
  return std::any_of(
      campaign.statements.begin(), campaign.statements.end(), [&](const Statement& statement) {
        return statement.words[0] == word && (value.empty() || statement.words[1] == value);
      });
}

// At what <head> may not hold, browsers end it, and what stood behind moves into the body.
void check_head(const Declaration& campaign) {
  if (says(campaign, "slot", "head-end") && says(campaign, "widget", "")) {
    throw ConfigError(campaign.where, "campaign " + quoted(campaign.name) +
                                          " would show a widget in <head>: write \"slot "
                                          "body-start\" or another slot of the body");
  }
}

void warn_of_campaigns(ngx_conf_t* cf, const Site& site,
                       const std::vector<Declaration>& campaigns) {
  for (const auto& warning : doubtful_offers(campaigns)) {
    log_config_error(cf, warning.where, warning.message, NGX_LOG_WARN);
  }
  for (CampaignId id = 0; id < site.contents.size(); ++id) {
    if (site.program->keeps_state(id) && !site.contents[id].reports(campaigns[id].name)) {
      log_config_error(cf, campaigns[id].where,
                       "what visitors see and do of campaign " + quoted(campaigns[id].name) +
                           " cannot be counted: write data-pz-campaign=\"" + campaigns[id].name +
                           "\" into an element of its fragment",
                       NGX_LOG_WARN);
    }
  }
}

void find_all_needs(Site& site) {
  const Program& program = *site.program;
  for (const SourceSet& needs : site.slot_needs) {
    site.all_needs |= needs;
  }
  for (SegmentId id = 0; id < program.segment_count(); ++id) {
    site.all_needs |= site.closure(program.segment_needs(id));
  }
  for (ExperimentId id = 0; id < program.experiment_count(); ++id) {
    site.all_needs |= site.closure(program.experiment_needs(id));
  }
  for (FeatureId id = 0; id < site.attributes.features().size(); ++id) {
    site.all_needs |= site.closure(program.feature_needs(id));
  }
}

std::shared_ptr<Site> compile_site(ngx_conf_t* cf, MainConf& main, const ServerConf& server) {
  auto site = std::make_shared<Site>();
  for (const auto& source : main.sources) {
    site->attributes.declare_source(source.name, source.where);
  }
  for (const auto& segment : server.segments) {
    site->attributes.declare_segment(segment.name, segment.where);
  }
  declare_experiments(server.experiments, site->attributes);
  // Where it is off, session.* is known and always missing.
  if (server.session != nullptr) {
    site->first_of_session = site->attributes.declare_session(server.session->where);
  }
  compile_sources(*site, main);
  if (server.session != nullptr) {
    add_session(*site, main, *server.session);
  }
  const auto campaigns = with_default_rules(server.campaigns);
  site->program =
      std::make_unique<Program>(site->attributes, server.segments, campaigns, server.experiments);

  find_source_needs(*site);
  settle_experiments(cf, main, *site);

  site->keeps_state = site->program->keeps_state();
  site->number = main.switches.add(site->program->switch_names());

  const std::string directory(view(cf->cycle->conf_prefix));
  for (const auto& campaign : campaigns) {
    check_head(campaign);
    site->contents.emplace_back(campaign, directory, site->attributes);
  }
  warn_of_campaigns(cf, *site, campaigns);
  for (CampaignId id = 0; id < site->contents.size(); ++id) {
    const Content& content = site->contents[id];
    SourceSet needs = content.needs(site->attributes);
    for (const AttributeId attribute : content.decided(site->attributes)) {
      needs |= site->program->attribute_needs(site->attributes[attribute]);
    }
    site->program->add_content_needs(id, needs);
  }

  for (SlotId slot = 0; slot < site->program->slots().size(); ++slot) {
    site->slot_needs.push_back(site->closure(site->program->slot_needs(slot)));
  }
  find_all_needs(*site);
  if (main.has_preview) {
    const SlotId known = site->program->slot("body-end");
    site->badge_slot =
        known == no_slot ? static_cast<SlotId>(site->program->slots().size()) : known;
  }

  for (std::uint32_t i = 0; i < site->sources.size(); ++i) {
    main.redis.max_reply = std::max<std::size_t>(main.redis.max_reply, site->sources[i].max + 1);
    collect_hash_fields(site->sources[i], i, site->attributes);
    check_text_fields(site->sources[i], i, site->attributes);
  }
  if (site->first_of_session) {
    collect_session_fields(site->sources[*site->first_of_session], site->attributes);
  }
  bind_variables(cf, site->attributes);
  return site;
}

// The parent's declarations come first: of equal priority, the first declared wins.
template <class Declared>
void inherit(std::vector<Declared>& own, const std::vector<Declared>& parent) {
  own.insert(own.begin(), parent.begin(), parent.end());
}

// Every name must be a slot of this server, or, where the line stands in http, of some server.
std::vector<SlotRule> slot_rules(const std::vector<SlotDeclaration>& declarations,
                                 const Program& program, bool own) {
  std::vector<SlotRule> rules;
  for (const auto& declaration : declarations) {
    const SlotId slot = program.slot(declaration.name);
    if (slot != no_slot) {
      declaration.known = true;
      rules.push_back(
          {declaration.where, slot, declaration.selector, declaration.placement, declaration.all});
    } else if (own) {
      throw ConfigError(
          declaration.where,
          "unknown slot " + quoted(declaration.name) +
              ": no personalize_campaign of this server fills it" +
              (program.slots().empty() ? std::string()
                                       : "; slots filled are " + list_names(program.slots())));
    }
  }
  return rules;
}

void compile_location(ngx_conf_t* cf, LocationConf& location, bool own_slots) {
  auto& server =
      *static_cast<ServerConf*>(ngx_http_conf_get_module_srv_conf(cf, ngx_http_personalize_module));
  const Program& program = *server.site->program;

  if (own_slots) {
    // Also where nothing is personalised now: a mistake should not wait for `personalize on`.
    slot_rules(*location.slots, program, true);
    server.site->matcher(location.slots);
  }
  const bool decides = server.site->session != nullptr || program.campaign_count() > 0 ||
                       program.experiment_count() > 0 || location.before_upstream != 0;
  if (location.enable == 0 || !decides) {
    return;
  }

  location.matcher = server.site->matcher(location.slots);
  location.needs.reset();
  for (const SourceSet& needs : server.site->slot_needs) {
    location.needs |= needs;
  }
  location.site = server.site.get();
  if (location.before_upstream != 0) {
    main_conf_of(cf).held.push_back(&location);
  }
}

void check_http_slots(const LocationConf& http) {
  if (http.slots == nullptr) {
    return;
  }
  for (const auto& declaration : *http.slots) {
    // Refuses a selector that cannot be.
    const SlotMatcher compiled({declaration.name}, {{declaration.where, 0, declaration.selector,
                                                     declaration.placement, declaration.all}});
    if (!declaration.known) {
      throw ConfigError(declaration.where, "unknown slot " + quoted(declaration.name) +
                                               ": no personalize_campaign fills it");
    }
  }
}

// The sources are the same for every server; nullptr where there is no server.
const Site* any_site(ngx_conf_t* cf) {
  const auto* core = static_cast<const ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  if (core->servers.nelts == 0) {
    return nullptr;
  }
  const auto* first = static_cast<ngx_http_core_srv_conf_t* const*>(core->servers.elts)[0];
  return static_cast<const ServerConf*>(first->ctx->srv_conf[ngx_http_personalize_module.ctx_index])
      ->site.get();
}

// Redis tells of changed keys by what they begin with.
void choose_prefixes(ngx_conf_t* cf, MainConf& main) {
  const Site* site = any_site(cf);
  if (main.cache == nullptr || !main.invalidation || site == nullptr) {
    return;
  }
  std::vector<std::string> heads;
  for (const Source& source : site->sources) {
    if (source.times.ttl_ms == 0) {
      continue;
    }
    if (source.key.head().empty()) {
      log_config_error(cf, source.where,
                       "the key of source " + quoted(source.name) +
                           " begins with an attribute, so Redis cannot be asked which of its "
                           "documents change: they are used until their ttl= is over. Begin the "
                           "key with text, as in key=" +
                           source.name + ":${visitor.id}",
                       NGX_LOG_WARN);
      continue;
    }
    heads.emplace_back(source.key.head());
  }
  // Where Redis tells of documents anyway, it tells of switches too.
  if (!heads.empty() && !main.switches.names.empty()) {
    heads.emplace_back(RedisSwitches::key);
  }
  main.prefixes = minimal_prefixes(std::move(heads));
}

}  // namespace

SourceSet Site::closure(SourceSet needs) const {
  // A source of the second round brings one of the first, and that may bring the page.
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (needs[i]) {
        needs |= source_needs[i];
      }
    }
  }
  return needs;
}

std::optional<SessionPart> Site::session_part(std::size_t source) const {
  const bool is_part = first_of_session && source >= *first_of_session;
  return is_part ? std::optional(static_cast<SessionPart>(source - *first_of_session))
                 : std::nullopt;
}

bool Site::expand_key(std::size_t source, Facts& facts, std::int64_t now_s,
                      std::pmr::string& key) const {
  if (!sources[source].key.expand(facts, key)) {
    return false;
  }
  if (const auto part = session_part(source); part && session != nullptr) {
    add_period(*part, *session, now_s, key);
  }
  return true;
}

SourceSet Site::before_page(SourceSet needs) const {
  needs.reset(page_need);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (needs[i] && closure(source_needs[i])[page_need]) {
      needs.reset(i);
    }
  }
  return needs;
}

const SlotMatcher* Site::matcher(const std::vector<SlotDeclaration>* slots) {
  auto& matcher = matchers_[slots];
  if (matcher == nullptr) {
    const auto rules =
        slots == nullptr ? std::vector<SlotRule>() : slot_rules(*slots, *program, false);
    auto names = program->slots();
    if (badge_slot == names.size()) {
      names.emplace_back("body-end");
    }
    matcher = std::make_unique<SlotMatcher>(names, rules);
  }
  return matcher.get();
}

Where current_place(const ngx_conf_t* cf) {
  if (cf->conf_file == nullptr) {
    return {"command line", 0};
  }
  return {std::string(view(cf->conf_file->file.name)), static_cast<unsigned>(cf->conf_file->line)};
}

void log_config_error(ngx_conf_t* cf, const Where& where, const std::string& message,
                      ngx_uint_t level) {
  ngx_log_error(level, cf->log, 0, "%s in %s:%ui", message.c_str(), where.file.c_str(),
                static_cast<ngx_uint_t>(where.line));
}

MainConf& main_conf(ngx_http_request_t* r) {
  return *static_cast<MainConf*>(ngx_http_get_module_main_conf(r, ngx_http_personalize_module));
}

ServerConf& server_conf(ngx_http_request_t* r) {
  return *static_cast<ServerConf*>(ngx_http_get_module_srv_conf(r, ngx_http_personalize_module));
}

LocationConf& location_conf(ngx_http_request_t* r) {
  return *static_cast<LocationConf*>(ngx_http_get_module_loc_conf(r, ngx_http_personalize_module));
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
    if (main.locale == nullptr) {
      main.locale = std::make_unique<Locale>("en-US", "USD");
    }
    main.counters.add_zone(cf);
    main.labelled_counters.add_zone(cf);
    main.shared_switches.add_zone(cf);
    if (main.has_redis) {
      main.redis_status.add_zone(cf);
    }
  });
}

char* merge_server_conf(ngx_conf_t* cf, void* parent, void* child) {
  return guarded(cf, [&] {
    auto& http = *static_cast<ServerConf*>(parent);
    auto& server = *static_cast<ServerConf*>(child);
    auto& main = *static_cast<MainConf*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_personalize_module));

    const bool declares_nothing = server.segments.empty() && server.campaigns.empty() &&
                                  server.experiments.empty() && server.session == nullptr;
    inherit(server.segments, http.segments);
    inherit(server.experiments.experiments, http.experiments.experiments);
    inherit(server.experiments.holdouts, http.experiments.holdouts);
    inherit(server.experiments.features, http.experiments.features);
    inherit(server.campaigns, http.campaigns);
    if (server.visitor == nullptr) {
      server.visitor = http.visitor;
    }
    check_visitor(cf, server.visitor);
    server.session = server.session == nullptr ? http.session : server.session;
    if (server.preview != nullptr && server.endpoint.empty()) {
      log_config_error(cf, server.preview_where,
                       "personalize_preview needs a location with personalize_endpoint in this "
                       "server, under which its links are",
                       NGX_LOG_WARN);
    }
    server.preview = server.preview == nullptr ? http.preview : server.preview;

    if (declares_nothing && http.site != nullptr) {
      server.site = http.site;
      return;
    }
    server.site = compile_site(cf, main, server);
    warn_of_empty_roots(cf, main, server);
    warn_of_idle_session(cf, server);
    if (declares_nothing) {
      http.site = server.site;
    }
  });
}

char* merge_location_conf(ngx_conf_t* cf, void* parent, void* child) {
  auto& outer = *static_cast<LocationConf*>(parent);
  auto& location = *static_cast<LocationConf*>(child);

  ngx_conf_merge_value(location.enable, outer.enable, 0);
  ngx_conf_merge_msec_value(location.wait, outer.wait, default_wait);
  ngx_conf_merge_value(location.before_upstream, outer.before_upstream, 0);
  ngx_conf_merge_ptr_value(location.page, outer.page, nullptr);
  ngx_conf_merge_ptr_value(location.consent, outer.consent, nullptr);
  const Scanner::Limits limits;
  ngx_conf_merge_size_value(location.token_limit, outer.token_limit, limits.token);
  ngx_conf_merge_size_value(location.content_limit, outer.content_limit, limits.content);
  ngx_conf_merge_size_value(location.held_limit, outer.held_limit, default_held);
  if (ngx_http_merge_types(cf, &location.types_keys, &location.types, &outer.types_keys,
                           &outer.types, ngx_http_html_default_types) != NGX_OK) {
    return static_cast<char*>(NGX_CONF_ERROR);
  }
  const bool own_slots = location.slots != nullptr;
  if (!own_slots) {
    location.slots = outer.slots;
  }
  return guarded(cf, [&] { compile_location(cf, location, own_slots); });
}

char* check_configuration(ngx_conf_t* cf) {
  return guarded(cf, [&] {
    const auto& http = *static_cast<LocationConf*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_personalize_module));
    check_http_slots(http);

    auto& main = *static_cast<MainConf*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_personalize_module));
    if (!main.sources.empty() && !main.has_redis) {
      const SourceDeclaration& source = main.sources.front();
      throw ConfigError(source.where, "source " + quoted(source.name) +
                                          " cannot be asked for: personalize_redis is missing");
    }
    for (Consent* consent : main.consents) {
      bind_variables(cf, consent->attributes());
    }
    choose_prefixes(cf, main);
    settle_variable_needs(cf, main);
    warn_of_open_explanations(cf, main);
    warn_of_sticky_experiments(cf, main);
  });
}

}  // namespace personalize
