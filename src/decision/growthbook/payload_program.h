// Adds a features payload to a server's experiments and features.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "decision/conditions/conditions.h"
#include "decision/conditions/dependency_graph.h"
#include "decision/experiments/experiment_program.h"
#include "personalize/attributes/attribute.h"
#include "personalize/decision/experiments.h"

namespace personalize::decision {

// A saved group of a payload, as a segment.
struct GroupSegment {
  std::string name;
  Where where;
  std::uint32_t root = 0;  // node
  Dependencies dependencies;
};

class PayloadProgram {
 public:
  // All must outlive it.
  PayloadProgram(Conditions& conditions, AttributeTable& attributes, DependencyGraph& graph,
                 ExperimentProgram& program)
      : conditions_(conditions), attributes_(attributes), graph_(graph), program_(program) {}

  // Adds the payload's features, experiments and saved groups, whose names declare_experiments has
  // added to the same table. Throws ConfigError.
  void add(const FeaturesDeclaration& declaration);

  // Returns the segments of the payloads, after those that are declared.
  std::vector<GroupSegment>& groups() { return groups_; }
  // Returns warnings about payloads: what seems wrong but is accepted by the SDK.
  std::vector<std::pair<Where, std::string>>& warnings() { return warnings_; }

 private:
  class Payload;

  Conditions& conditions_;
  AttributeTable& attributes_;
  DependencyGraph& graph_;
  ExperimentProgram& program_;
  std::vector<GroupSegment> groups_;
  std::vector<std::pair<Where, std::string>> warnings_;
};

}  // namespace personalize::decision
