#include "nginx/config/site_experiments.h"

#include <algorithm>
#include <set>

namespace personalize {

namespace {

// As NGINX writes it in the name of a variable.
char in_variable(char c) noexcept {
  const bool is_upper = c >= 'A' && c <= 'Z';
  const bool fits = is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  return is_upper ? static_cast<char>(c + ('a' - 'A')) : fits ? c : '_';
}

}  // namespace

void settle_experiments(ngx_conf_t* cf, MainConf& main, Site& site) {
  for (ExperimentId id = 0; id < site.program->experiment_count(); ++id) {
    if (site.program->is_sticky(id)) {
      site.sticky.push_back(id);
    }
    for (const std::string& variant : site.attributes.variants(id)) {
      main.labelled_counters.declare(metrics::exposures,
                                     {site.program->experiment_name(id), variant});
    }
  }
  for (const auto& [where, message] : site.program->warnings()) {
    log_config_error(cf, where, "personalize_features: " + message, NGX_LOG_WARN);
  }
}

std::optional<ExperimentId> experiment_of_variable(const Program& program,
                                                   std::string_view name) noexcept {
  for (ExperimentId id = 0; id < program.experiment_count(); ++id) {
    const std::string& candidate = program.experiment_name(id);
    if (candidate.size() == name.size() &&
        std::equal(candidate.begin(), candidate.end(), name.begin(),
                   [](char c, char written) { return in_variable(c) == written; })) {
      return id;
    }
  }
  return std::nullopt;
}

SourceSet needs_of_sticky_experiments(const Site& site) {
  SourceSet needs;
  for (const ExperimentId id : site.sticky) {
    needs |= site.program->experiment_needs(id);
  }
  return site.closure(needs);
}

void warn_of_sticky_experiments(ngx_conf_t* cf, const MainConf& main) {
  const auto* core = static_cast<const ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const auto* servers = static_cast<ngx_http_core_srv_conf_t* const*>(core->servers.elts);
  std::set<const Site*> seen;
  for (ngx_uint_t i = 0; i < core->servers.nelts; ++i) {
    const Site* site = static_cast<const ServerConf*>(
                           servers[i]->ctx->srv_conf[ngx_http_personalize_module.ctx_index])
                           ->site.get();
    const bool is_held =
        std::any_of(main.held.begin(), main.held.end(),
                    [&](const LocationConf* location) { return location->site == site; });
    if (is_held || !seen.insert(site).second) {
      continue;
    }
    for (const ExperimentId id : site->sticky) {
      const SourceSet needs = site->closure(site->program->experiment_needs(id));
      std::string names;
      for (std::size_t source = 0; source < site->sources.size(); ++source) {
        names += needs[source] ? (names.empty() ? "" : ", ") + site->sources[source].name : "";
      }
      if (!names.empty()) {
        log_config_error(cf, site->program->experiment_place(id),
                         "experiment \"" + site->program->experiment_name(id) +
                             "\" is sticky and depends on " + names +
                             ", which comes after the response's head, where the cookie stands: "
                             "variants are kept only in locations with "
                             "\"personalize_before_upstream on;\"",
                         NGX_LOG_WARN);
      }
    }
  }
}

}  // namespace personalize
