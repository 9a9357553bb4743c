#include "nginx/config/site/variable_needs.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "nginx/platform/core_conf.h"
#include "nginx/platform/memory.h"

namespace personalize {

namespace {

// As NGINX writes it in the name of a variable.
char in_variable(char c) noexcept {
  const bool fits = ascii::is_letter(c) || ascii::is_digit(c);
  return fits ? ascii::lower(c) : '_';
}

// Returns whether the experiment's variable is $personalize_variant_NAME.
bool is_variable_of(std::string_view experiment, std::string_view name) noexcept {
  return std::equal(experiment.begin(), experiment.end(), name.begin(), name.end(),
                    [](char c, char written) { return in_variable(c) == written; });
}

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

struct DecidedVariable {
  std::string_view name;
  SourceSet (*needs)(const Site& site);
};
constexpr DecidedVariable decided_variables[] = {
    {"personalize_segments", needs_of_segments},
    {"personalize_campaigns", needs_of_slots},
    {"personalize_variants", needs_of_experiments},
    {"personalize_redirect", needs_of_experiments},
};

bool is_variant(std::string_view name) noexcept {
  return name.size() > variant_prefix.size() && ascii::starts_with(name, variant_prefix);
}

const DecidedVariable* find(std::string_view name) noexcept {
  const auto* found =
      std::find_if(std::begin(decided_variables), std::end(decided_variables),
                   [&](const DecidedVariable& variable) { return variable.name == name; });
  return found == std::end(decided_variables) ? nullptr : found;
}

}  // namespace

bool is_decided_variable(std::string_view name) noexcept {
  return is_variant(name) || find(name) != nullptr;
}

std::string list_decided_variables() {
  return "$" +
         list_names(
             decided_variables, [](const auto& one) { return one.name; }, ", $") +
         ", $" + std::string(variant_prefix) + "NAME";
}

SourceSet needs_of_variable(const Site& site, std::string_view name) {
  if (is_variant(name)) {
    const auto id = experiment_of_variable(*site.program, name.substr(variant_prefix.size()));
    return id ? site.closure(site.program->experiment_needs(*id)) : SourceSet();
  }
  const DecidedVariable* variable = find(name);
  return variable != nullptr ? variable->needs(site) : SourceSet();
}

SourceSet needs_of_all_variables(const Site& site) {
  SourceSet needs;
  for (const auto& variable : decided_variables) {
    needs |= variable.needs(site);
  }
  return needs;
}

SourceSet needs_of_used_variables(ngx_conf_t* cf, const Site& site) {
  const auto& indexed = core_main_conf(cf).variables;
  const auto* variables = static_cast<const ngx_http_variable_t*>(indexed.elts);
  SourceSet needs;
  for (ngx_uint_t i = 0; i < indexed.nelts; ++i) {
    needs |= needs_of_variable(site, view(variables[i].name));
  }
  return needs;
}

SourceSet needs_of_sticky_experiments(const Site& site) {
  SourceSet needs;
  for (const ExperimentId id : site.sticky) {
    needs |= site.program->experiment_needs(id);
  }
  return site.closure(needs);
}

std::optional<ExperimentId> experiment_of_variable(const Program& program,
                                                   std::string_view name) noexcept {
  for (ExperimentId id = 0; id < program.experiment_count(); ++id) {
    if (is_variable_of(program.experiment_name(id), name)) {
      return id;
    }
  }
  return std::nullopt;
}

std::vector<ExperimentId> experiments_of_variable(const Program& program, std::string_view name) {
  std::vector<ExperimentId> found;
  for (ExperimentId id = 0; id < program.experiment_count(); ++id) {
    if (is_variable_of(program.experiment_name(id), name)) {
      found.push_back(id);
    }
  }
  return found;
}

void check_variant_variable(std::string_view name, const Sites& sites, const Where& where) {
  if (!is_variant(name)) {
    return;
  }
  const auto experiment = name.substr(variant_prefix.size());
  const bool is_known = std::any_of(sites.begin(), sites.end(), [&](const auto& site) {
    return experiment_of_variable(*site->program, experiment).has_value();
  });
  if (!is_known) {
    throw ConfigError(where, "unknown experiment " + quoted(experiment) + " in $" +
                                 std::string(name) +
                                 ": no server has a personalize_experiment of that name");
  }
}

}  // namespace personalize
