// All experiments and features of one server, compiled and found by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "decision/conditions/dependency_graph.h"
#include "decision/experiments/experiment.h"
#include "decision/experiments/hash_plan.h"
#include "personalize/attributes/attribute.h"
#include "personalize/decision/allocations.h"
#include "personalize/decision/experiments.h"
#include "personalize/decision/visual.h"

namespace personalize::decision {

// The meaning of `experiment.NAME`. An experiment of a payload can be in several features and in
// the list of experiments: the first that the visitor is in counts.
struct NamedExperiment {
  std::string name;
  Where where;
  std::vector<std::uint32_t> experiments;  // run by themselves
  std::vector<std::uint32_t> features;     // whose rules run it
  SourceSet needs;
  bool sticky = false;
};

// Filled when the configuration is read, then only read.
struct ExperimentProgram {
  Experiments compiled;
  HashPlan hashes;                         // of all of them
  std::vector<NamedExperiment> named;      // by ExperimentId
  std::vector<std::uint32_t> name_of;      // by experiment: its ExperimentId, or no_index
  std::vector<SourceSet> feature_needs;    // by FeatureId
  std::vector<bool> overrides;             // by experiment: the page's address may force a variant
  std::vector<std::uint32_t> redirecting;  // the experiments that payloads list, in order
  std::vector<AllocatedExperiment> allocated;
  std::vector<VisualExperiment> visual;  // those that are made, in the order of `redirecting`
  std::optional<AttributeId> url;        // request.url, if an experiment of a payload needs it

  // Adds the experiment of one declaration.
  void add(const Declaration& declaration, Experiment experiment);

  // Returns whether the experiment of that name has the variant.
  bool has_variant(ExperimentId id, std::string_view variant) const;

  // Returns what Program::variant_shares() does.
  std::vector<VariantShare> shares(ExperimentId id) const;
};

}  // namespace personalize::decision
