// What segments, experiments and features need to know, and whether they need themselves.
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

  // Each list by the index that AttributeTable gave.
  std::vector<Node> segments;
  std::vector<Node> experiments;
  std::vector<Node> features;

  // Throws ConfigError where one depends on itself. Prerequisites among GrowthBook's features may:
  // evaluation finds that, as the SDK does.
  void check() const;

  // All sources that something needs that depends on these.
  SourceSet needs(const Dependencies& dependencies) const;

 private:
  // Segments, then experiments, then features.
  using Index = std::size_t;

  std::size_t size() const { return segments.size() + experiments.size() + features.size(); }
  const Node& node(Index i) const;
  std::string name(Index i) const;
  const char* kind(Index i) const;
  std::vector<Index> successors(const Dependencies& dependencies, bool with_parents) const;
  bool find_path(Index from, Index to, std::vector<bool>& seen, std::vector<Index>& path) const;
};

}  // namespace personalize::decision
