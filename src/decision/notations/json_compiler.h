// GrowthBook's targeting conditions (a dialect of MongoDB's queries) to compiled conditions, with
// the meaning that GrowthBook's JavaScript SDK gives them
// (https://docs.growthbook.io/lib/build-your-own#evaluating-conditions).
//
// To add an operator: a row in the table in json_compiler.cpp and the function that it names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decision/conditions/conditions.h"
#include "personalize/attributes/attribute.h"
#include "personalize/base/document.h"

namespace Json {
class Value;
}

namespace personalize::decision {

// Tells which of our attributes GrowthBook's names mean.
class AttributeNames {
 public:
  // Returns the attribute, including a path that follows its name; nothing if the name means none,
  // so that its value is always missing.
  virtual std::optional<AttributeId> find(const std::string& name) = 0;

 protected:
  ~AttributeNames() = default;
};

struct JsonDialect {
  // Tells what names mean; nullptr: they are names of our attributes.
  AttributeNames* names = nullptr;
  // Saved groups by id, for $inGroup, $notInGroup and $savedGroup, which are errors without.
  const Json::Value* saved_groups = nullptr;
  // Whether mistakes (unknown operators, operands of a wrong kind, bad regular expressions) are
  // errors. Otherwise they fail at evaluation as they do in the SDK.
  bool strict = true;
  // If not nullptr, receives the mistakes that are not errors.
  std::vector<std::string>* mistakes = nullptr;
};

// Adds one node, with what is under it. Throws ConfigError.
void compile_json(const Json::Value& condition, const JsonDialect& dialect, Conditions& conditions,
                  AttributeTable& attributes, Dependencies& dependencies, const Where& where);

// Does the same for a condition on the members of the value that it is evaluated for.
void compile_json_on_members(const Json::Value& condition, const JsonDialect& dialect,
                             Conditions& conditions, AttributeTable& attributes,
                             const Where& where);

// Does the same, strictly, for the condition in a file. A relative path starts from the working
// directory. Errors name the file.
void compile_json_file(const std::string& path, const Json::Value* saved_groups,
                       Conditions& conditions, AttributeTable& attributes,
                       Dependencies& dependencies, const Where& where);

}  // namespace personalize::decision
