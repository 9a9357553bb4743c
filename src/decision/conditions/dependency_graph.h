// The dependencies of segments, experiments, features and values: the sources they need, and
// whether one depends on itself.
#pragma once

#include <string>
#include <vector>

#include "decision/conditions/conditions.h"
#include "personalize/attributes/attribute.h"

namespace personalize::decision {

class DependencyGraph {
 public:
  struct Node {
    std::string name;
    Where where;
    Dependencies dependencies;
  };

  // Each by the index in AttributeTable.
  std::vector<Node> segments;
  std::vector<Node> experiments;
  std::vector<Node> features;
  std::vector<Node> values;

  // Throws ConfigError if one depends on itself. Prerequisites among GrowthBook's features may: as
  // in the SDK, that is found at evaluation.
  void check() const;

  // Returns all sources that something with these dependencies needs.
  SourceSet needs(const Dependencies& dependencies) const;

 private:
  // Counts segments, then experiments, then features, then values.
  using Index = std::size_t;

  std::size_t size() const {
    return segments.size() + experiments.size() + features.size() + values.size();
  }
  const Node& node(Index i) const;
  std::string name(Index i) const;
  const char* kind(Index i) const;
  std::vector<Index> successors(const Dependencies& dependencies, bool with_parents) const;
  bool find_path(Index from, Index to, std::vector<bool>& seen, std::vector<Index>& path) const;
};

}  // namespace personalize::decision
