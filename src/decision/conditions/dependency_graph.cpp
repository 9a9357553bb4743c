#include "decision/conditions/dependency_graph.h"

#include "base/text/text.h"

namespace personalize::decision {

const DependencyGraph::Node& DependencyGraph::node(Index i) const {
  if (i < segments.size()) {
    return segments[i];
  }
  i -= segments.size();
  if (i < experiments.size()) {
    return experiments[i];
  }
  i -= experiments.size();
  return i < features.size() ? features[i] : values[i - features.size()];
}

const char* DependencyGraph::kind(Index i) const {
  const std::size_t first_feature = segments.size() + experiments.size();
  return i < segments.size()                   ? "segment"
         : i < first_feature                   ? "experiment"
         : i < first_feature + features.size() ? "feature"
                                               : "value";
}

std::string DependencyGraph::name(Index i) const {
  const bool is_segment = i < segments.size();
  return (is_segment ? "" : std::string(kind(i)) + ".") + node(i).name;
}

std::vector<DependencyGraph::Index> DependencyGraph::successors(const Dependencies& dependencies,
                                                                bool with_parents) const {
  const std::size_t first_experiment = segments.size();
  const std::size_t first_feature = first_experiment + experiments.size();
  std::vector<Index> result(dependencies.segments.begin(), dependencies.segments.end());
  for (const auto id : dependencies.experiments) {
    result.push_back(first_experiment + id);
  }
  for (const auto id : dependencies.features) {
    result.push_back(first_feature + id);
  }
  for (const auto id : dependencies.values) {
    result.push_back(first_feature + features.size() + id);
  }
  for (const auto id : with_parents ? dependencies.parents : std::vector<std::uint32_t>()) {
    result.push_back(first_feature + id);
  }
  return result;
}

bool DependencyGraph::find_path(Index from, Index to, std::vector<bool>& seen,
                                std::vector<Index>& path) const {
  path.push_back(from);
  if (from == to) {
    return true;
  }
  seen[from] = true;
  for (const Index next : successors(node(from).dependencies, true)) {
    if (!seen[next] && find_path(next, to, seen, path)) {
      return true;
    }
  }
  path.pop_back();
  return false;
}

void DependencyGraph::check() const {
  for (Index i = 0; i < size(); ++i) {
    for (const Index next : successors(node(i).dependencies, false)) {
      std::vector<bool> seen(size(), false);
      std::vector<Index> path;
      if (!find_path(next, i, seen, path)) {
        continue;
      }
      std::string names = name(i);
      for (const Index step : path) {
        names += " -> " + name(step);
      }
      throw ConfigError(node(i).where, std::string(kind(i)) + " " + quoted(node(i).name) +
                                           " depends on itself: " + names +
                                           "; take one of these conditions out");
    }
  }
}

SourceSet DependencyGraph::needs(const Dependencies& dependencies) const {
  SourceSet sources = dependencies.sources;
  std::vector<bool> seen(size(), false);
  std::vector<Index> open = successors(dependencies, true);
  while (!open.empty()) {
    const Index next = open.back();
    open.pop_back();
    if (!seen[next]) {
      seen[next] = true;
      sources |= node(next).dependencies.sources;
      const auto further = successors(node(next).dependencies, true);
      open.insert(open.end(), further.begin(), further.end());
    }
  }
  return sources;
}

}  // namespace personalize::decision
