// All experiments and features of one server, compiled and found by name.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "decision/conditions/dependency_graph.h"
#include "decision/experiments/experiment.h"
#include "personalize/decision/experiments.h"

namespace personalize::decision {

// What `experiment.NAME` means. One of a payload can stand in several features, and in the list of
// experiments: the first in which the visitor is counts.
struct NamedExperiment {
  std::string name;
  Where where;
  std::vector<std::uint32_t> experiments;  // that are run for themselves
  std::vector<std::uint32_t> features;     // that run it
  SourceSet needs;
  bool sticky = false;
};

// A saved group of a payload, as a segment.
struct GroupSegment {
  std::string name;
  Where where;
  std::uint32_t root = 0;  // node
  Dependencies dependencies;
};

struct ExperimentProgram {
  Experiments compiled;
  std::vector<GroupSegment> groups;        // segments that stand behind those declared
  std::vector<NamedExperiment> named;      // by ExperimentId
  std::vector<std::uint32_t> name_of;      // by experiment: its ExperimentId
  std::vector<SourceSet> feature_needs;    // by FeatureId
  std::vector<bool> overrides;             // by experiment: the page's address may force a variant
  std::vector<std::uint32_t> redirecting;  // experiments of payloads, in their order
  std::optional<AttributeId> url;          // request.url, where a payload may need it
  std::vector<std::pair<Where, std::string>> warnings;

  // Compiles what was declared, with declare_experiments, in the same table. Adds all but the
  // groups to the graph, whose needs are asked for by fill_needs. Throws ConfigError.
  void compile(const ExperimentText& text, const Json::Value* saved_groups, Conditions& conditions,
               AttributeTable& attributes, DependencyGraph& graph);
  void fill_needs(const DependencyGraph& graph);

 private:
  void compile_payload(const FeaturesDeclaration& declaration, Conditions& conditions,
                       AttributeTable& attributes, DependencyGraph& graph);
  std::uint32_t find(const std::string& name) const;
};

// The groups that payloads bring, for conditions that name them, by id: of one that several have,
// the first. null where there are none.
Json::Value saved_groups(const ExperimentText& text);

}  // namespace personalize::decision
