#include "decision/experiment_declarations.h"

#include <set>
#include <string>

#include "base/text/text.h"
#include "decision/experiments/experiment_compiler.h"
#include "decision/experiments/variants.h"
#include "decision/growthbook/payload_names.h"
#include "decision/growthbook/payload_program.h"

namespace personalize {

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
    const auto variants = decision::read_variants(decision::variants_line(experiment));
    attributes.declare_experiment(experiment.name, variants.names, experiment.where);
  }
  for (const auto& holdout : text.holdouts) {
    attributes.declare_experiment(
        holdout.name, {std::string(decision::held_out), std::string(decision::not_held_out)},
        holdout.where);
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

void compile_experiments(const ExperimentText& text, const Json::Value* saved_groups,
                         AttributeTable& attributes, DependencyGraph& graph, CompiledProgram& out) {
  ExperimentCompiler compiler(text.holdouts, saved_groups, out.conditions, attributes);
  const auto add = [&](const Declaration& declaration, auto compile) {
    Dependencies dependencies;
    out.experiments.add(declaration, (compiler.*compile)(declaration, dependencies));
    graph.experiments.push_back({declaration.name, declaration.where, std::move(dependencies)});
  };
  for (const auto& experiment : text.experiments) {
    add(experiment, &ExperimentCompiler::experiment);
  }
  for (const auto& holdout : text.holdouts) {
    add(holdout, &ExperimentCompiler::holdout);
  }

  PayloadProgram payloads(out.conditions, attributes, graph, out.experiments);
  for (const auto& features : text.features) {
    payloads.add(features);
  }
  for (auto& group : payloads.groups()) {
    out.segments.push_back({group.name, group.where, group.root, {}});
    graph.segments.push_back({group.name, group.where, std::move(group.dependencies)});
  }
  out.warnings = std::move(payloads.warnings());
  for (const auto& allocated : out.experiments.allocated) {
    const auto& named = out.experiments.named[allocated.id];
    if (!named.sticky) {
      out.warnings.emplace_back(
          allocated.where,
          "visitors of experiment " + quoted(named.name) +
              " change variants when its shares do, and those who have seen several "
              "are left out of reports: add \"sticky cookie;\"");
    }
  }
}

}  // namespace decision

}  // namespace personalize
