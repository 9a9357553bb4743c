// GrowthBook's features payload, as its SDK endpoint serves it, to compiled experiments and
// features.
#pragma once

#include <json/value.h>

#include <map>
#include <string>
#include <vector>

#include "decision/conditions/conditions.h"
#include "decision/experiments/experiment.h"
#include "decision/notations/json_compiler.h"
#include "personalize/attributes/attribute.h"

namespace personalize::decision {

// The experiments of a payload by key, each with the keys of its variations; only those of two
// variations or more. One that stands in several places has those of all.
std::map<std::string, std::vector<std::string>> experiment_names(const Json::Value& payload);
// The features of a payload, in the order in which PayloadCompiler adds them.
std::vector<std::string> feature_names(const Json::Value& payload);

// The saved groups that say themselves who is in them, as values of an attribute or as a condition;
// by id, in the payload's order. Of others only the values are known.
std::vector<std::string> group_names(const Json::Value& payload);

// What GrowthBook calls attributes, for us: those of a mapping, and those that are called as ours.
class MappedAttributes final : public AttributeNames {
 public:
  MappedAttributes(std::map<std::string, std::string> mapping, AttributeTable& attributes,
                   Where where)
      : mapping_(std::move(mapping)), attributes_(attributes), where_(std::move(where)) {}

  // Of a name with dots, the longest beginning that is mapped counts; the rest leads into its
  // value. Throws ConfigError for a mapping to what is no attribute.
  std::optional<AttributeId> find(const std::string& name) override;

  // Names that stand for nothing here.
  const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  std::map<std::string, std::string> mapping_;
  AttributeTable& attributes_;
  Where where_;
  std::vector<std::string> unknown_;
};

// Compiles the payload's `features` and `experiments`, as the JavaScript SDK understands them.
class PayloadCompiler {
 public:
  // All must outlive it. `dialect` says what attributes are called, and the saved groups. `sticky`:
  // whether visitors keep their variations, where an experiment does not say otherwise.
  PayloadCompiler(const JsonDialect& dialect, bool sticky, Experiments& out, Conditions& conditions,
                  AttributeTable& attributes, Where where);

  // Adds all features of the object, and the contextual bandits that they name from the other one.
  // Features added earlier are no parents of these. Throws ConfigError.
  void add_features(const Json::Value& features, const Json::Value& bandits);
  // Adds one experiment, such as stands in the payload's list; its index.
  std::uint32_t add_experiment(const Json::Value& experiment);

  // What each feature or experiment depends on, by its index in `out`: those added here.
  const std::map<std::uint32_t, Dependencies>& feature_dependencies() const {
    return feature_dependencies_;
  }
  const std::map<std::uint32_t, Dependencies>& experiment_dependencies() const {
    return experiment_dependencies_;
  }

 private:
  Experiment experiment(const Json::Value& json, const Json::Value& variations,
                        const std::string& key, Dependencies& needs);
  Rule rule(const Json::Value& json, const std::string& feature, const Json::Value& bandits,
            Dependencies& needs);
  std::optional<Bandit> bandit(const Json::Value& rule, const Json::Value& bandits,
                               const Experiment& experiment, Dependencies& needs);
  HashAttribute attribute(const Json::Value& name, Dependencies& needs);
  std::vector<Filter> filters(const Json::Value& json, Dependencies& needs);
  std::vector<Parent> parents(const Json::Value& json, Dependencies& needs);
  std::uint32_t condition(const Json::Value& json, Dependencies& needs);
  std::uint32_t document(const Json::Value& value);
  void stickiness(const Json::Value& json, Experiment& experiment, Dependencies& needs);

  const JsonDialect& dialect_;
  bool sticky_;
  Experiments& out_;
  Conditions& conditions_;
  AttributeTable& attributes_;
  Where where_;
  std::map<std::string, std::uint32_t> features_;
  std::map<std::uint32_t, Dependencies> feature_dependencies_;
  std::map<std::uint32_t, Dependencies> experiment_dependencies_;
};

}  // namespace personalize::decision
