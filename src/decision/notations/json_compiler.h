// GrowthBook's targeting conditions (a dialect of MongoDB's queries) to compiled conditions, with
// the meaning that GrowthBook's JavaScript SDK gives them.
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

// What conditions mean by the names of attributes.
class AttributeNames {
 public:
  // The attribute, with the path that may stand behind its name; nothing where none of ours is
  // meant: its value is missing then.
  virtual std::optional<AttributeId> find(const std::string& name) = 0;

 protected:
  ~AttributeNames() = default;
};

struct JsonDialect {
  // Put before every attribute name: "user." makes {"age": 30} a condition on user.age.
  std::string prefix;
  // Where given, these say what a name is instead.
  AttributeNames* names = nullptr;
  // An object of groups by id, for $inGroup, $notInGroup and $savedGroup; without it these are
  // errors. A group is a list of values, {"type": "list", "attributeKey": NAME, "values": […]} or
  // {"type": "condition", "condition": {…}}.
  const Json::Value* saved_groups = nullptr;
  // Whether mistakes (unknown operators, operands of a wrong kind, bad regular expressions) are
  // errors, or fail as they do in the SDK.
  bool strict = true;
  // Where given, takes the mistakes that are not errors.
  std::vector<std::string>* mistakes = nullptr;
};

// Adds one node, with what is under it. Throws ConfigError.
void compile_json(const Json::Value& condition, const JsonDialect& dialect, Conditions& conditions,
                  AttributeTable& attributes, Dependencies& dependencies, const Where& where);

// The same for a condition on the members of the value that the node is evaluated for.
void compile_json_on_members(const Json::Value& condition, const JsonDialect& dialect,
                             Conditions& conditions, AttributeTable& attributes,
                             const Where& where);

// The same, strictly, for the condition in a file. A relative path starts from the working
// directory. Errors name the file.
void compile_json_file(const std::string& path, const Json::Value* saved_groups,
                       Conditions& conditions, AttributeTable& attributes,
                       Dependencies& dependencies, const Where& where);

// Adds the JSON to a document.
void build_document(const Json::Value& json, DocumentBuilder& out);

}  // namespace personalize::decision
