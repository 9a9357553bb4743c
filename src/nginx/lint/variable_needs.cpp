#include "nginx/lint/variable_needs.h"

#include <algorithm>

#include "nginx/config/site_experiments.h"
#include "nginx/lint/variable_uses.h"

namespace personalize {

namespace {

SourceSet needs_of_segments(const Site& site) {
  SourceSet needs;
  for (SegmentId id = 0; id < site.program->segment_count(); ++id) {
    needs |= site.program->segment_needs(id);
  }
  return site.closure(needs);
}

SourceSet needs_of_slots(const Site& site) {
  SourceSet needs;
  for (const SourceSet& slot : site.slot_needs) {
    needs |= slot;
  }
  return needs;
}

SourceSet needs_of_experiments(const Site& site) {
  SourceSet needs;
  for (ExperimentId id = 0; id < site.program->experiment_count(); ++id) {
    needs |= site.program->experiment_needs(id);
  }
  return site.closure(needs);
}

// The documents that the variable's value is made of.
SourceSet needs_of_variable(const Site& site, std::string_view name) {
  constexpr std::string_view variant = "personalize_variant_";
  if (name.substr(0, variant.size()) == variant) {
    const auto id = experiment_of_variable(*site.program, name.substr(variant.size()));
    return id ? site.closure(site.program->experiment_needs(*id)) : SourceSet();
  }
  if (name == "personalize_variants" || name == "personalize_redirect") {
    return needs_of_experiments(site);
  }
  if (name == "personalize_segments") {
    return needs_of_segments(site);
  }
  if (name == "personalize_campaigns") {
    return needs_of_slots(site);
  }
  return {};
}

// In the order of their blocks.
std::vector<const Site*> sites(ngx_conf_t* cf) {
  const auto* core = static_cast<const ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const auto* servers = static_cast<ngx_http_core_srv_conf_t* const*>(core->servers.elts);
  std::vector<const Site*> result;
  for (ngx_uint_t i = 0; i < core->servers.nelts; ++i) {
    const auto* conf = static_cast<const ServerConf*>(
        servers[i]->ctx->srv_conf[ngx_http_personalize_module.ctx_index]);
    result.push_back(conf->site.get());
  }
  return result;
}

// Whether anything at all evaluates one of our variables, be it the log.
bool is_any_used(ngx_conf_t* cf) {
  const auto* core = static_cast<const ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const auto* variables = static_cast<const ngx_http_variable_t*>(core->variables.elts);
  return std::any_of(variables, variables + core->variables.nelts,
                     [](const ngx_http_variable_t& variable) {
                       return view(variable.name).substr(0, 12) == "personalize_";
                     });
}

// In any of the servers that the use may stand for.
SourceSet needs_of_use(const VariableUse& use, const std::vector<const Site*>& sites) {
  SourceSet needs;
  for (std::size_t i = 0; i < sites.size(); ++i) {
    if (use.server < 0 || static_cast<std::size_t>(use.server) == i) {
      needs |= needs_of_variable(*sites[i], use.variable);
    }
  }
  return needs;
}

void warn(ngx_conf_t* cf, const VariableUse& use, bool is_of_page) {
  std::string message = "\"" + use.directive + "\" uses $" + use.variable;
  if (!use.by_way_of.empty()) {
    message += " (through $" + use.by_way_of + ")";
  }
  if (is_of_page) {
    message +=
        ", which depends on what personalize_page says: that is known only when the response is "
        "there, so that here page.* is missing. Use it later, in a header of the response or the "
        "log, or let conditions ask for request.* and var.* instead";
  } else if (use.time == VariableUse::Time::early) {
    message +=
        " before any document can have been looked up, also with personalize_before_upstream, so "
        "that it holds only what the request alone decides: use it later, in proxy_pass, "
        "proxy_set_header, a cache key, or a map that they use";
  } else {
    message +=
        ", which needs documents that are not there yet: write \"personalize_before_upstream on;\" "
        "where it is used, so that requests are held until they are, never longer than "
        "personalize_wait";
  }
  log_config_error(cf, use.where, message, NGX_LOG_WARN);
}

void warn_of_early_uses(ngx_conf_t* cf, const std::vector<VariableUse>& uses) {
  const auto servers = sites(cf);
  const VariableUse* last = nullptr;
  for (const auto& use : uses) {
    const SourceSet needs = use.personalized ? needs_of_use(use, servers) : SourceSet();
    // Headers are added when the page is known.
    const bool is_of_page = needs[page_need] && use.directive != "add_header";
    const bool is_held = use.held && use.time == VariableUse::Time::upstream;
    const bool needs_documents = SourceSet(needs).reset(page_need).any();
    if (!is_of_page && (is_held || !needs_documents)) {
      continue;
    }
    const bool is_same = last != nullptr && last->where.line == use.where.line &&
                         last->where.file == use.where.file && last->variable == use.variable;
    if (!is_same) {
      warn(cf, use, is_of_page);
    }
    last = &use;
  }
}

// A variable of an experiment that no server has; of the many that one has, a page of another
// server may well ask for nothing.
void check_variant_variables(ngx_conf_t* cf, const std::vector<VariableUse>& uses) {
  constexpr std::string_view prefix = "personalize_variant_";
  const auto* core = static_cast<const ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const auto* variables = static_cast<const ngx_http_variable_t*>(core->variables.elts);
  const auto servers = sites(cf);
  for (ngx_uint_t i = 0; i < core->variables.nelts; ++i) {
    const std::string_view name = view(variables[i].name);
    if (name.substr(0, prefix.size()) != prefix) {
      continue;
    }
    const auto experiment = name.substr(prefix.size());
    if (std::any_of(servers.begin(), servers.end(), [&](const Site* site) {
          return experiment_of_variable(*site->program, experiment).has_value();
        })) {
      continue;
    }
    const auto use = std::find_if(uses.begin(), uses.end(),
                                  [&](const VariableUse& one) { return one.variable == name; });
    throw ConfigError(use == uses.end() ? current_place(cf) : use->where,
                      "unknown experiment \"" + std::string(experiment) + "\" in $" +
                          std::string(name) +
                          ": no server has a personalize_experiment of that name");
  }
}

// Where no use can be seen, it is one that the text does not show.
SourceSet awaited_by(const Site& site, const std::vector<VariableUse>& uses) {
  if (uses.empty()) {
    return needs_of_segments(site) | needs_of_slots(site) | needs_of_experiments(site);
  }
  SourceSet needs;
  for (const auto& use : uses) {
    needs |= needs_of_variable(site, use.variable);
  }
  return needs;
}

}  // namespace

void settle_variable_needs(ngx_conf_t* cf, MainConf& main) {
  std::vector<VariableUse> uses;
  if (is_any_used(cf)) {
    if (const auto text = read_configuration_text(cf)) {
      uses = find_variable_uses(*text);
    }
  }
  check_variant_variables(cf, uses);
  for (LocationConf* location : main.held) {
    const Site& site = *location->site;
    const SourceSet wanted = awaited_by(site, uses) | needs_of_sticky_experiments(site);
    location->needs |= wanted;
    location->awaited = site.before_page(wanted);
  }
  warn_of_early_uses(cf, uses);
}

}  // namespace personalize
