// What a configuration says of experiments.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"
#include "personalize/base/statement.h"

namespace Json {
class Value;
}

namespace personalize {

using ExperimentId = std::uint32_t;  // as AttributeTable counts them
using FeatureId = std::uint32_t;

// personalize_features FILE [PARAMETER…]: a GrowthBook features payload, read and not yet
// understood.
struct FeaturesDeclaration {
  Where where;
  std::string path;
  std::shared_ptr<const Json::Value> payload;
  // GrowthBook's name of an attribute → ours, beside the usual ones.
  std::map<std::string, std::string> attributes;
  bool sticky = false;         // visitors keep their variations, in a cookie
  bool query_override = true;  // ?my-experiment=1 forces a variation, as in the SDK
};

// Reads the file and the parameters after its name: NAME=ATTRIBUTE, sticky=cookie, override=off.
// `key`: what an encrypted payload is decrypted with, in Base64; "" for none. Throws ConfigError:
// what is not JSON, with line and column, what is no payload, or cannot be decrypted.
FeaturesDeclaration read_features(const std::string& path,
                                  const std::vector<std::string>& parameters, std::string_view key,
                                  const Where& where);

// All that a server declares.
struct ExperimentText {
  std::vector<Declaration> experiments;
  std::vector<Declaration> holdouts;
  std::vector<FeaturesDeclaration> features;

  bool empty() const { return experiments.empty() && holdouts.empty() && features.empty(); }
};

// Makes the names of experiments and features known, and those of segments that payloads bring (the
// saved groups that say themselves who is in them): behind the segments that were declared before.
// Throws ConfigError.
void declare_experiments(const ExperimentText& text, AttributeTable& attributes);

}  // namespace personalize
