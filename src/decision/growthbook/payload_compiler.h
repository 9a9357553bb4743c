// GrowthBook's features payload, as its SDK endpoint answers it, to compiled experiments and
// features (https://docs.growthbook.io/lib/build-your-own).
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

// Compiles the payload's `features` and `experiments` as the JavaScript SDK understands them.
class PayloadCompiler {
 public:
  // All must outlive it. `dialect` has the names of attributes and the saved groups. With `sticky`,
  // visitors keep their variations, unless an experiment has disableStickyBucketing.
  PayloadCompiler(const JsonDialect& dialect, bool sticky, Experiments& out, Conditions& conditions,
                  AttributeTable& attributes, Where where);

  // Adds all features of the object, with the contextual bandits that they refer to. Features added
  // earlier are not parents of these. Throws ConfigError.
  void add_features(const Json::Value& features, const Json::Value& bandits);
  // Adds one experiment of the payload's list. Returns its index.
  std::uint32_t add_experiment(const Json::Value& experiment);

  // Returns the dependencies of each feature or experiment added here, by its index in `out`.
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
