// What a configuration declares of experiments and features.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"

namespace Json {
class Value;
}

namespace personalize {

using ExperimentId = std::uint32_t;  // index in AttributeTable
constexpr ExperimentId no_experiment = ~ExperimentId{0};
using FeatureId = std::uint32_t;  // the same

// personalize_features FILE [PARAMETER…]: a GrowthBook features payload, read and not yet compiled.
struct FeaturesDeclaration {
  Where where;
  std::string path;
  std::shared_ptr<const Json::Value> payload;
  // GrowthBook's name of an attribute → ours, beside the names that are known without.
  std::map<std::string, std::string> attributes;
  bool sticky = false;         // visitors keep their variations in a cookie
  bool query_override = true;  // ?my-experiment=1 forces a variation, as in the SDK
  // Its visual changes: nothing if it is not said whether they are made.
  std::optional<bool> visual;
  bool visual_js = false;  // also those that run a script
};

// What a variant should have of the visitors who are in the experiment.
struct VariantShare {
  std::string variant;
  double share;  // of 1
};

// Reads the file and the parameters after its name: NAME=ATTRIBUTE, sticky=cookie, override=off,
// visual=on and visual_js=on. An encrypted payload is decrypted with `key`, in Base64; "" for none.
// Throws ConfigError if the file is not JSON (with line and column), is not a payload or cannot be
// decrypted.
FeaturesDeclaration read_features(const std::string& path,
                                  const std::vector<std::string>& parameters, std::string_view key,
                                  const Where& where);

// All that one server declares.
struct ExperimentText {
  std::vector<Declaration> experiments;
  std::vector<Declaration> holdouts;
  std::vector<FeaturesDeclaration> features;

  bool empty() const { return experiments.empty() && holdouts.empty() && features.empty(); }
};

// Adds the names of experiments and features to `attributes`, and those of the segments that
// payloads bring (saved groups with values or a condition), after the segments declared before.
// Throws ConfigError.
void declare_experiments(const ExperimentText& text, AttributeTable& attributes);

}  // namespace personalize
