// Which of our attributes a payload means.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "decision/notations/json_compiler.h"
#include "personalize/attributes/attribute.h"

namespace personalize::decision {

// Looks GrowthBook's names up in a mapping, then in the names that its SDK and its documentation
// give to attributes (deviceId, url, utmSource …), then among the names of our attributes.
class AttributeMapping final : public AttributeNames {
 public:
  // `attributes` must outlive it.
  AttributeMapping(std::map<std::string, std::string> mapping, AttributeTable& attributes,
                   Where where);

  // If a name has dots, the longest mapped beginning counts; the rest leads into its value. Throws
  // ConfigError for a mapping to an unknown attribute.
  std::optional<AttributeId> find(const std::string& name) override;

  // Returns the names that mean no attribute, in the order in which they were asked for.
  const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  std::map<std::string, std::string> mapping_;
  AttributeTable& attributes_;
  Where where_;
  std::vector<std::string> unknown_;
};

}  // namespace personalize::decision
