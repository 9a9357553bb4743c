#include "decision/deciding_attributes.h"

namespace personalize::decision {

void DecidingAttributes::add(AttributeId id, const Attribute& attribute) {
  switch (attribute.root) {
    case Root::segment:
      return add_segment(attribute.index);
    case Root::experiment:
      return add_named(attribute.index);
    case Root::feature:
      return add_feature(attribute.index);
    case Root::value:
      return add_value(attribute.index);
    default:
      attributes_.insert(id);
  }
}

void DecidingAttributes::add_segment(std::uint32_t segment) {
  if (segment < program_.segments.size() && segments_.insert(segment).second) {
    add_condition(program_.segments[segment].root);
  }
}

void DecidingAttributes::add_named(std::uint32_t experiment) {
  if (experiment >= program_.experiments.named.size() || !named_.insert(experiment).second) {
    return;
  }
  const NamedExperiment& named = program_.experiments.named[experiment];
  for (const std::uint32_t index : named.experiments) {
    add_experiment(index);
  }
  for (const std::uint32_t feature : named.features) {
    add_feature(feature);
  }
}

void DecidingAttributes::add_feature(std::uint32_t feature) {
  const auto& features = program_.experiments.compiled.features;
  if (feature >= features.size() || !features_.insert(feature).second) {
    return;
  }
  for (const Rule& rule : features[feature].rules) {
    add_parents(rule.parents);
    add_filters(rule.filters);
    add_condition(rule.condition);
    add_hashed(rule.rollout.hash_by);
    add_hashed(rule.rollout.fallback);
    if (rule.experiment != no_index) {
      add_experiment(rule.experiment);
    }
  }
}

void DecidingAttributes::add_value(std::uint32_t value) {
  if (value >= program_.values.size() || !values_.insert(value).second) {
    return;
  }
  for (const ChosenValue::Line& line : program_.values[value].lines) {
    add_condition(line.root);
    if (line.expression) {
      const auto used = line.expression->attributes();
      attributes_.insert(used.begin(), used.end());
    }
  }
}

void DecidingAttributes::add_experiment(std::uint32_t index) {
  const Experiment& experiment = program_.experiments.compiled.experiments[index];
  is_forcible_ = is_forcible_ || experiment.sticky || program_.experiments.overrides[index];
  add_hashed(experiment.hash_by);
  add_hashed(experiment.fallback);
  add_hashed(experiment.sticky_fallback);
  if (experiment.filters) {
    add_filters(*experiment.filters);
  }
  add_condition(experiment.condition);
  add_condition(experiment.admission);
  add_parents(experiment.parents);
  for (const Forced& forced : experiment.forced) {
    add_condition(forced.condition);
  }
  if (experiment.bandit) {
    for (const BanditLeaf& leaf : experiment.bandit->leaves) {
      add_condition(leaf.condition);
    }
  }
}

void DecidingAttributes::add_condition(std::uint32_t root) {
  const auto& nodes = program_.conditions.nodes();
  for (std::uint32_t i = root; i < nodes[root].end; ++i) {
    const Node& node = nodes[i];
    switch (node.subject) {
      case Subject::attribute:
        attributes_.insert(node.from);
        break;
      case Subject::segment:
        add_segment(node.from);
        break;
      case Subject::experiment:
        add_named(node.from);
        break;
      case Subject::feature:
        add_feature(program_.conditions.feature_path(node.from).feature);
        break;
      case Subject::value:
        add_value(node.from);
        break;
      case Subject::current:
      case Subject::member:
      case Subject::nothing:
        break;
    }
  }
}

void DecidingAttributes::add_condition(const std::optional<std::uint32_t>& root) {
  if (root) {
    add_condition(*root);
  }
}

void DecidingAttributes::add_parents(const std::vector<Parent>& parents) {
  for (const Parent& parent : parents) {
    if (parent.feature != no_index) {
      add_feature(parent.feature);
    }
  }
}

void DecidingAttributes::add_filters(const std::vector<Filter>& filters) {
  for (const Filter& filter : filters) {
    add_hashed(filter.attribute);
  }
}

void DecidingAttributes::add_hashed(const HashAttribute& attribute) {
  if (attribute.id) {
    attributes_.insert(*attribute.id);
  }
}

void DecidingAttributes::add_hashed(const std::optional<HashAttribute>& attribute) {
  if (attribute) {
    add_hashed(*attribute);
  }
}

}  // namespace personalize::decision
