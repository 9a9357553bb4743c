#include "decision/experiments/experiment_program.h"

#include <json/value.h>

#include <algorithm>
#include <set>

#include "base/json_file.h"
#include "base/text.h"
#include "decision/experiments/experiment_compiler.h"
#include "decision/growthbook/encrypted_payload.h"
#include "decision/growthbook/growthbook_payload.h"

namespace personalize {

namespace {

using decision::ExperimentProgram;
using decision::NamedExperiment;

// What GrowthBook's SDKs call attributes by themselves, and its documentation.
const std::map<std::string, std::string> usual_attributes = {
    {"id", "visitor.id"},
    {"deviceId", "visitor.id"},
    {"anonymousId", "visitor.id"},
    {"url", "request.url"},
    {"path", "request.path"},
    {"host", "request.host"},
    {"referrer", "request.referer"},
    {"language", "request.language"},
    {"deviceType", "device.type"},
    {"country", "geo.country"},
    {"region", "geo.region"},
    {"city", "geo.city"},
    {"continent", "geo.continent"},
    {"timezone", "geo.timezone"},
    {"utmSource", "request.arg.utm_source"},
    {"utmMedium", "request.arg.utm_medium"},
    {"utmCampaign", "request.arg.utm_campaign"},
    {"utmTerm", "request.arg.utm_term"},
    {"utmContent", "request.arg.utm_content"},
};

void check_payload(const Json::Value& payload, const std::string& file, const Where& where) {
  if (!payload.isObject()) {
    throw ConfigError(where, file + " must be an object, as in {\"features\": {…}}");
  }
  const Json::Value& features = payload["features"];
  const Json::Value& experiments = payload["experiments"];
  if (!features.isObject() && !features.isNull()) {
    throw ConfigError(where, file + " has \"features\" that are no object");
  }
  if (!experiments.isArray() && !experiments.isNull()) {
    throw ConfigError(where, file + " has \"experiments\" that are no list");
  }
  for (const char* name : {"savedGroups", "contextualBandits"}) {
    if (!payload[name].isObject() && !payload[name].isNull()) {
      throw ConfigError(where, file + " has " + quoted(name) + " that are no object");
    }
  }
  if (features.isNull() && experiments.isNull()) {
    throw ConfigError(where, file +
                                 " has neither \"features\" nor \"experiments\": it is what "
                                 "GrowthBook's SDK endpoint answers, /api/features/CLIENT_KEY");
  }
}

}  // namespace

FeaturesDeclaration read_features(const std::string& path,
                                  const std::vector<std::string>& parameters, std::string_view key,
                                  const Where& where) {
  FeaturesDeclaration declaration;
  declaration.where = where;
  declaration.path = path;
  for (const auto& parameter : parameters) {
    const auto equals = parameter.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == parameter.size()) {
      throw ConfigError(where, "personalize_features does not know " + quoted(parameter) +
                                   ": it takes NAME=ATTRIBUTE for attributes as GrowthBook calls "
                                   "them, as in company=profile.company.id, and sticky=cookie, "
                                   "override=off and key_file=FILE");
    }
    const std::string name = parameter.substr(0, equals);
    const std::string value = parameter.substr(equals + 1);
    if (name == "sticky") {
      if (value != "cookie" && value != "off") {
        throw ConfigError(where,
                          "personalize_features: sticky= is cookie or off, not " + quoted(value));
      }
      declaration.sticky = value == "cookie";
    } else if (name == "override") {
      if (value != "on" && value != "off") {
        throw ConfigError(where,
                          "personalize_features: override= is on or off, not " + quoted(value));
      }
      declaration.query_override = value == "on";
    } else if (!declaration.attributes.emplace(name, value).second) {
      throw ConfigError(where, "personalize_features has " + quoted(name) + " twice");
    }
  }
  auto payload = std::make_shared<Json::Value>(decision::read_json_file(path, where));
  const std::string file = "the features payload " + quoted(path);
  decision::decrypt_payload(*payload, key, file, where);
  check_payload(*payload, file, where);
  declaration.payload = std::move(payload);
  return declaration;
}

void declare_experiments(const ExperimentText& text, AttributeTable& attributes) {
  std::set<std::string> groups;
  for (const auto& features : text.features) {
    for (const auto& name : decision::group_names(*features.payload)) {
      if (groups.insert(name).second) {
        attributes.declare_segment(name, features.where);
      }
    }
  }
  for (const auto& experiment : text.experiments) {
    attributes.declare_experiment(experiment.name, decision::variant_names(experiment),
                                  experiment.where);
  }
  for (const auto& holdout : text.holdouts) {
    attributes.declare_experiment(holdout.name, decision::holdout_variant_names(), holdout.where);
  }
  for (const auto& features : text.features) {
    for (auto& [name, variants] : decision::experiment_names(*features.payload)) {
      attributes.declare_experiment(name, variants, features.where);
    }
    for (const auto& name : decision::feature_names(*features.payload)) {
      attributes.declare_feature(name, features.where);
    }
  }
}

namespace decision {

Json::Value saved_groups(const ExperimentText& text) {
  Json::Value all;
  for (const auto& features : text.features) {
    const Json::Value& groups = (*features.payload)["savedGroups"];
    for (auto one = groups.begin(); one != groups.end(); ++one) {
      if (!all.isMember(one.name())) {
        all[one.name()] = *one;
      }
    }
  }
  return all;
}

void ExperimentProgram::compile(const ExperimentText& text, const Json::Value* saved_groups,
                                Conditions& conditions, AttributeTable& attributes,
                                DependencyGraph& graph) {
  ExperimentCompiler compiler(text.holdouts, saved_groups, conditions, attributes);
  const auto add = [&](const Declaration& declaration, bool is_holdout) {
    Dependencies dependencies;
    Experiment made = is_holdout ? compiler.holdout(declaration, dependencies)
                                 : compiler.experiment(declaration, dependencies);
    const auto index = static_cast<std::uint32_t>(compiled.experiments.size());
    const auto id = static_cast<ExperimentId>(named.size());
    named.push_back({declaration.name, declaration.where, {index}, {}, {}, made.sticky});
    name_of.push_back(id);
    overrides.push_back(false);
    compiled.experiments.push_back(std::move(made));
    graph.experiments.push_back({declaration.name, declaration.where, std::move(dependencies)});
  };
  for (const auto& experiment : text.experiments) {
    add(experiment, false);
  }
  for (const auto& holdout : text.holdouts) {
    add(holdout, true);
  }
  for (const auto& features : text.features) {
    compile_payload(features, conditions, attributes, graph);
  }
}

std::uint32_t ExperimentProgram::find(const std::string& name) const {
  const auto found = std::find_if(named.begin(), named.end(),
                                  [&](const NamedExperiment& one) { return one.name == name; });
  return found == named.end() ? no_index : static_cast<std::uint32_t>(found - named.begin());
}

void ExperimentProgram::compile_payload(const FeaturesDeclaration& declaration,
                                        Conditions& conditions, AttributeTable& attributes,
                                        DependencyGraph& graph) {
  const Json::Value& payload = *declaration.payload;
  const auto first_name = named.size();
  const auto first_experiment = static_cast<std::uint32_t>(compiled.experiments.size());
  const auto first_feature = static_cast<std::uint32_t>(compiled.features.size());

  std::map<std::string, std::string> mapping = declaration.attributes;
  mapping.insert(usual_attributes.begin(), usual_attributes.end());
  MappedAttributes names(std::move(mapping), attributes, declaration.where);
  for (const auto& [name, attribute] : declaration.attributes) {
    attributes.intern(attribute, declaration.where);  // refuses what is none, used or not
  }
  std::vector<std::string> mistakes;
  static const Json::Value no_groups(Json::objectValue);
  JsonDialect dialect;
  dialect.names = &names;
  dialect.saved_groups = payload["savedGroups"].isObject() ? &payload["savedGroups"] : &no_groups;
  dialect.strict = false;
  dialect.mistakes = &mistakes;
  PayloadCompiler compiler(dialect, declaration.sticky, compiled, conditions, attributes,
                           declaration.where);
  if (payload["features"].isObject()) {
    compiler.add_features(payload["features"], payload["contextualBandits"]);
  }
  std::vector<std::uint32_t> listed;
  for (const auto& experiment : payload["experiments"]) {
    listed.push_back(compiler.add_experiment(experiment));
  }
  for (const auto& name : group_names(payload)) {
    const bool is_known = std::any_of(groups.begin(), groups.end(),
                                      [&](const GroupSegment& one) { return one.name == name; });
    if (!is_known) {
      groups.push_back(
          {name, declaration.where, static_cast<std::uint32_t>(conditions.nodes().size()), {}});
      Json::Value members;
      members["$savedGroup"]["id"] = name;
      const auto first_mistake = mistakes.size();
      compile_json(members, dialect, conditions, attributes, groups.back().dependencies,
                   declaration.where);
      for (auto i = first_mistake; i < mistakes.size(); ++i) {
        mistakes[i].insert(0, "segment " + quoted(name) + ": ");
      }
    }
  }

  // Names, in the order in which declare_experiments had them.
  std::map<std::string, std::uint32_t> ids;
  for (const auto& [name, variants] : experiment_names(payload)) {
    ids.emplace(name, static_cast<std::uint32_t>(named.size()));
    named.push_back({name, declaration.where, {}, {}, {}, false});
    graph.experiments.push_back({name, declaration.where, {}});
  }
  for (auto i = first_experiment; i < compiled.experiments.size(); ++i) {
    const Experiment& experiment = compiled.experiments[i];
    const auto found = ids.find(experiment.key);
    const bool is_named = found != ids.end() && experiment.variations.size() >= 2;
    name_of.push_back(is_named ? found->second : no_index);
    overrides.push_back(declaration.query_override);
    if (is_named) {
      named[found->second].sticky = named[found->second].sticky || experiment.sticky;
    }
  }
  for (const auto index : listed) {
    redirecting.push_back(index);
    if (name_of[index] != no_index && !compiled.experiments[index].is_manual) {
      named[name_of[index]].experiments.push_back(index);
    }
  }

  // What depends on what.
  for (auto i = first_feature; i < compiled.features.size(); ++i) {
    const Feature& feature = compiled.features[i];
    const auto found = compiler.feature_dependencies().find(i);
    graph.features.push_back(
        {feature.key, declaration.where,
         found == compiler.feature_dependencies().end() ? Dependencies() : found->second});
    for (const Rule& rule : feature.rules) {
      const auto id = rule.experiment == no_index ? no_index : name_of[rule.experiment];
      if (id != no_index && (named[id].features.empty() || named[id].features.back() != i)) {
        named[id].features.push_back(i);
        graph.experiments[id].dependencies.features.push_back(i);
      }
    }
  }
  for (const auto index : listed) {
    const auto found = compiler.experiment_dependencies().find(index);
    if (name_of[index] != no_index && found != compiler.experiment_dependencies().end()) {
      graph.experiments[name_of[index]].dependencies.add(found->second);
    }
  }

  const bool has_targets =
      std::any_of(compiled.experiments.begin() + first_experiment, compiled.experiments.end(),
                  [](const Experiment& experiment) { return experiment.url_targets.has_value(); });
  if (declaration.query_override || has_targets) {
    url = attributes.intern("request.url", declaration.where);
  }
  for (const auto& mistake : mistakes) {
    warnings.emplace_back(declaration.where, "in " + quoted(declaration.path) + ": " + mistake);
  }
  for (const auto& name : names.unknown()) {
    std::string message = "in " + quoted(declaration.path) + ": attribute " + quoted(name);
    message += " is always missing: say what it is, as in \"personalize_features FILE ";
    message.append(name).append("=profile.").append(name).append("\"");
    warnings.emplace_back(declaration.where, std::move(message));
  }
  if (named.size() == first_name && compiled.features.size() == first_feature &&
      payload["savedGroups"].empty()) {
    warnings.emplace_back(declaration.where, quoted(declaration.path) +
                                                 " has no features, experiments or saved groups");
  }
}

void ExperimentProgram::fill_needs(const DependencyGraph& graph) {
  for (std::size_t i = 0; i < named.size(); ++i) {
    named[i].needs = graph.needs(graph.experiments[i].dependencies);
  }
  for (const auto& feature : graph.features) {
    feature_needs.push_back(graph.needs(feature.dependencies));
  }
}

}  // namespace decision

}  // namespace personalize
