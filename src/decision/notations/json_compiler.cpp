#include "decision/notations/json_compiler.h"

#include <json/json.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "base/text/text.h"
#include "base/values/ecmascript.h"
#include "base/values/exact_number.h"
#include "base/values/json/json_file.h"
#include "base/values/member.h"
#include "decision/conditions/version.h"
#include "decision/notations/saved_group.h"
#include "personalize/base/document.h"

namespace personalize::decision {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

constexpr std::pair<std::string_view, Kind> type_names[] = {
    {"null", Kind::null},     {"boolean", Kind::boolean}, {"number", Kind::number},
    {"string", Kind::string}, {"array", Kind::array},     {"object", Kind::object},
};

// Returns whether the JSON is an object of operators: all of its keys begin with '$'. Any other
// JSON is a value to be equal to.
bool holds_operators(const Json::Value& json) {
  if (!json.isObject() || json.empty()) {
    return false;
  }
  const auto names = json.getMemberNames();
  return std::all_of(names.begin(), names.end(),
                     [](const std::string& name) { return !name.empty() && name[0] == '$'; });
}

class JsonCompiler {
 public:
  JsonCompiler(const JsonDialect& dialect, Conditions& conditions, AttributeTable& attributes,
               Dependencies& dependencies, const Where& where)
      : dialect_(dialect),
        conditions_(conditions),
        attributes_(attributes),
        dependencies_(dependencies),
        where_(where) {}

  // Names in a condition are those of attributes or, inside $elemMatch, of the element's members.
  enum class Names { attributes, members };

  // Compiles {"name": condition on its value, …, "$or": [condition, …]}, all of which must hold.
  void condition(const Json::Value& json, Names names, bool negated = false) {
    const Nesting nesting(*this);
    Node group;
    group.negated = negated;
    const auto index = conditions_.open(group);
    if (json.isObject()) {
      for (auto member = json.begin(); member != json.end(); ++member) {
        part(member.name(), *member, names);
      }
    } else if (dialect_.strict) {
      fail("a condition must be an object, as in {\"geo.country\": \"PL\"}");
    }
    conditions_.close(index);
  }

 private:
  struct Operator {
    std::string_view name;
    void (JsonCompiler::*compile)(const Operator& op, const Json::Value& operand);
    bool negated = false;
    bool folded = false;  // ignores case
    Relation relation = Relation::equal;
    Op group = Op::all;
  };
  static const Operator operators[29];

  // Limits the recursion over the file's nesting, and with it that of the evaluation.
  class Nesting {
   public:
    explicit Nesting(JsonCompiler& compiler) : depth_(compiler.depth_) {
      if (++depth_ > max_nesting) {
        compiler.fail("the condition nests deeper than " + std::to_string(max_nesting));
      }
    }
    ~Nesting() { --depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    unsigned& depth_;
  };

  [[noreturn]] void fail(const std::string& message) const { throw ConfigError(where_, message); }

  // Throws or, if the dialect is not strict, adds a condition that never holds.
  void mistake(const std::string& message) {
    complain(message);
    conditions_.constant(false);
  }

  // Throws or, if the dialect is not strict, notes the mistake.
  void complain(const std::string& message) {
    if (dialect_.strict) {
      fail(message);
    }
    if (dialect_.mistakes != nullptr) {
      dialect_.mistakes->push_back(message);
    }
  }

  void part(const std::string& name, const Json::Value& json, Names names) {
    if (name == "$and") {
      group(name, json, names, Op::all, false);
    } else if (name == "$or") {
      group(name, json, names, Op::any, false);
    } else if (name == "$nor") {
      group(name, json, names, Op::any, true);
    } else if (name == "$not") {
      condition(json, names, true);
    } else if (name == "$savedGroup") {
      members_of_group(json, names);
    } else {
      value(json, subject(name, names));
    }
  }

  Node subject(const std::string& name, Names names) {
    Node node;
    if (names == Names::members) {
      node.subject = Subject::member;
      node.from = conditions_.add_path(split_path(name));
      return node;
    }
    const auto id =
        dialect_.names != nullptr ? dialect_.names->find(name) : attributes_.intern(name, where_);
    if (id) {
      look_at(node, *id, attributes_, conditions_, dependencies_);
    } else {
      node.subject = Subject::nothing;
    }
    return node;
  }

  void group(const std::string& name, const Json::Value& json, Names names, Op op, bool negated) {
    if (!json.isArray() && dialect_.strict) {
      fail(quoted(name) + " takes a list of conditions");
    }
    Node node;
    // In the SDK an empty "$or" holds.
    node.op = json.isArray() && !json.empty() ? op : Op::all;
    node.negated = negated;
    const auto index = conditions_.open(node);
    if (json.isArray()) {
      for (const auto& alternative : json) {
        condition(alternative, names);
      }
    }
    conditions_.close(index);
  }

  // Compiles a condition on the value that `node` is about. `folded` ignores the case of strings.
  void value(const Json::Value& json, Node node, bool folded = false) {
    const Nesting nesting(*this);
    if (holds_operators(json)) {
      const auto index = conditions_.open(node);
      for (auto member = json.begin(); member != json.end(); ++member) {
        operation(member.name(), *member);
      }
      conditions_.close(index);
      return;
    }
    switch (json.type()) {
      case Json::nullValue:
        node.op = Op::exists;
        node.negated = !node.negated;
        break;
      case Json::booleanValue:
        node.op = Op::js_boolean;
        node.operand = scalar(json);
        break;
      case Json::stringValue:
        node.op = folded ? Op::js_text_folded : Op::js_text;
        node.operand = folded ? text(lower(text_of(json))) : scalar(json);
        break;
      case Json::arrayValue:
      case Json::objectValue:
        node.op = Op::js_same;
        node.operand = document(json);
        break;
      default:
        node.op = Op::js_number;
        node.operand = scalar(json);
    }
    conditions_.leaf(node);
  }

  // Compiles one operator on what the parent looks at.
  void operation(const std::string& name, const Json::Value& operand) {
    const auto found = std::find_if(std::begin(operators), std::end(operators),
                                    [&](const Operator& op) { return op.name == name; });
    if (found == std::end(operators)) {
      const auto name_of = [](const Operator& op) { return op.name; };
      mistake("unknown operator " + quoted(name) + "; the operators are " +
              list_names(operators, name_of, " "));
      return;
    }
    (this->*found->compile)(*found, operand);
  }

  void version(const Operator& op, const Json::Value& json) {
    Node node;
    node.op = Op::js_version;
    node.relation = op.relation;
    node.negated = op.negated;
    node.operand = text(pad_version(version_text(json)));
    conditions_.leaf(node);
  }

  void order(const Operator& op, const Json::Value& json) {
    Node node;
    node.op = Op::js_compare;
    node.relation = op.relation;
    node.operand = json.isArray() || json.isObject() ? document(json) : scalar(json);
    conditions_.leaf(node);
  }

  void regex(const Operator& op, const Json::Value& json) {
    if (!json.isString()) {
      mistake(quoted(op.name) + " takes a regular expression as a string");
      return;
    }
    Node node;
    node.op = Op::js_matches;
    node.negated = op.negated;
    try {
      node.operand = conditions_.add(Regex(text_of(json), op.folded));
    } catch (const RegexError& error) {
      mistake("bad regular expression " + quoted(text_of(json)) + ": " + error.what());
      return;
    }
    conditions_.leaf(node);
  }

  void list(const Operator& op, const Json::Value& json) {
    if (!json.isArray()) {
      mistake(quoted(op.name) + " takes a list of values");
      return;
    }
    one_of(json, op.folded, op.negated, true);
  }

  void equal(const Operator& op, const Json::Value& json) {
    Json::Value single(Json::arrayValue);
    single.append(json);
    one_of(single, false, op.negated, false);
  }

  void exists(const Operator& /*op*/, const Json::Value& json) {
    Node node;
    node.op = Op::exists;
    node.negated = !to_boolean(json);
    conditions_.leaf(node);
  }

  // Compiles a condition under a node of its own: for $not on the same value, for $size on the
  // length.
  void nested(const Operator& op, const Json::Value& json) {
    Node node;
    node.op = op.group;
    node.negated = op.negated;
    const auto index = conditions_.open(node);
    value(json, Node());
    conditions_.close(index);
  }

  // Adds a condition that the value is in the list. Arrays and objects in the list equal nothing.
  void one_of(const Json::Value& list, bool folded, bool negated, bool in_arrays) {
    Set set;
    for (const auto& element : list) {
      switch (element.type()) {
        case Json::nullValue:
          set.has_null = true;
          break;
        case Json::booleanValue:
          (element.asBool() ? set.has_true : set.has_false) = true;
          break;
        case Json::stringValue:
          set.texts.push_back(
              conditions_.keep(folded ? lower(text_of(element)) : std::string(text_of(element))));
          break;
        case Json::arrayValue:
        case Json::objectValue:
          break;
        default:
          set.add(number(element));
      }
    }
    Node node;
    node.op = folded ? Op::one_of_folded : Op::one_of;
    node.negated = negated;
    node.in_arrays = in_arrays;
    node.operand = conditions_.add(std::move(set));
    conditions_.leaf(node);
  }

  const Json::Value* find_group(const Json::Value& id) const {
    return id.isString() ? find_saved_group(dialect_.saved_groups, text_of(id)) : nullptr;
  }

  void in_group(const Operator& op, const Json::Value& id) {
    if (dialect_.saved_groups == nullptr) {
      mistake(quoted(op.name) + " needs saved groups: write \"json FILE groups=FILE\", or list " +
              "the values with " + (op.negated ? "$nin" : "$in"));
      return;
    }
    const Json::Value* group = find_group(id);
    if (group == nullptr) {
      complain(quoted(op.name) + " names a saved group that does not exist");
      one_of(Json::Value(Json::arrayValue), false, op.negated, true);
      return;
    }
    const SavedGroup saved(*group);
    if (saved.values == nullptr) {
      // Neither in nor out: conditions on it never hold.
      mistake("saved group " + quoted(text_of(id)) + " is not a list of values");
      return;
    }
    one_of(*saved.values, false, op.negated, true);
  }

  // Compiles {"$savedGroup": {"id": ID, "attributeKey": NAME}}: the attribute, by default the
  // group's own, has one of the group's values, or the group's condition holds.
  void members_of_group(const Json::Value& reference, Names names) {
    const Json::Value* group = reference.isObject() ? find_group(reference["id"]) : nullptr;
    const bool has_key = group != nullptr && reference.isMember("attributeKey");
    if (group == nullptr || (has_key && !reference["attributeKey"].isString())) {
      mistake("\"$savedGroup\" names no saved group, as in {\"$savedGroup\": {\"id\": ID}}");
      return;
    }
    const std::string id(text_of(reference["id"]));
    if (open_groups_.count(id) > 0) {
      mistake("saved group " + quoted(id) + " depends on itself");
      return;
    }
    const SavedGroup saved(*group);
    const std::string key(has_key ? text_of(reference["attributeKey"]) : saved.attribute);
    if (group->isObject() && saved.values != nullptr && !key.empty()) {
      const auto index = conditions_.open(subject(key, names));
      one_of(*saved.values, false, false, true);
      conditions_.close(index);
    } else if (saved.condition != nullptr) {
      open_groups_.insert(id);
      condition(*saved.condition, names);
      open_groups_.erase(id);
    } else {
      mistake("saved group " + quoted(id) + " is neither a list with an attribute nor a condition");
    }
  }

  void some_element(const Operator& /*op*/, const Json::Value& json) {
    if (!json.isObject()) {
      mistake("\"$elemMatch\" takes a condition, as in {\"$elemMatch\": {\"$eq\": \"vip\"}}");
      return;
    }
    Node node;
    node.op = Op::some_element;
    const auto index = conditions_.open(node);
    if (holds_operators(json)) {
      value(json, Node());
    } else {
      condition(json, Names::members);
    }
    conditions_.close(index);
  }

  void each_by_some(const Operator& op, const Json::Value& json) {
    if (!json.isArray()) {
      mistake(quoted(op.name) + " takes a list of values");
      return;
    }
    Node node;
    node.op = Op::each_by_some;
    const auto index = conditions_.open(node);
    for (const auto& element : json) {
      value(element, Node(), op.folded);
    }
    conditions_.close(index);
  }

  void type(const Operator& /*op*/, const Json::Value& json) {
    const auto found = std::find_if(std::begin(type_names), std::end(type_names), [&](auto& row) {
      return json.isString() && row.first == text_of(json);
    });
    if (found == std::end(type_names)) {
      mistake("\"$type\" takes one of null, boolean, number, string, array, object");
      return;
    }
    Node node;
    node.op = Op::js_type;
    node.operand =
        conditions_.add(Literal{Value(), Value::number(static_cast<std::uint8_t>(found->second))});
    conditions_.leaf(node);
  }

  // Adds a literal that is neither an array nor an object.
  std::uint32_t scalar(const Json::Value& json) {
    if (json.isString()) {
      return text(text_of(json));
    }
    const Value value = json.isNumeric() ? number(json) : scalar_of(json);
    return conditions_.add(Literal{value, ecmascript::to_numeric(value, nullptr)});
  }

  std::uint32_t text(std::string_view text) {
    return conditions_.add(
        Literal{Value::string(conditions_.keep(text)), Value::number(not_a_number)});
  }

  Value number(const Json::Value& json) {
    const auto text = number_text(json);
    return exact_number(conditions_.keep(text));
  }

  std::uint32_t document(const Json::Value& json) {
    DocumentBuilder builder(std::pmr::new_delete_resource());
    add_json(json, builder);
    return conditions_.add(
        Literal{Value::document(conditions_.keep(builder.finish())), Value::number(not_a_number)});
  }

  static std::string lower(std::string_view text) {
    return std::string(ecmascript::Lowered(text, std::pmr::new_delete_resource()).view());
  }

  // Returns "", which is version 0, if it is neither a string nor a number.
  static std::string version_text(const Json::Value& json) {
    if (json.isString()) {
      return std::string(text_of(json));
    }
    return json.isNumeric() ? number_text(json) : std::string();
  }

  const JsonDialect& dialect_;
  Conditions& conditions_;
  AttributeTable& attributes_;
  Dependencies& dependencies_;
  const Where& where_;
  std::set<std::string> open_groups_;
  unsigned depth_ = 0;
};

const JsonCompiler::Operator JsonCompiler::operators[] = {
    {"$eq", &JsonCompiler::equal},
    {"$ne", &JsonCompiler::equal, true},
    {"$lt", &JsonCompiler::order, false, false, Relation::less},
    {"$lte", &JsonCompiler::order, false, false, Relation::less_equal},
    {"$gt", &JsonCompiler::order, false, false, Relation::greater},
    {"$gte", &JsonCompiler::order, false, false, Relation::greater_equal},
    {"$in", &JsonCompiler::list},
    {"$nin", &JsonCompiler::list, true},
    {"$ini", &JsonCompiler::list, false, true},
    {"$nini", &JsonCompiler::list, true, true},
    {"$exists", &JsonCompiler::exists},
    {"$type", &JsonCompiler::type},
    {"$regex", &JsonCompiler::regex},
    {"$regexi", &JsonCompiler::regex, false, true},
    {"$notRegex", &JsonCompiler::regex, true},
    {"$notRegexi", &JsonCompiler::regex, true, true},
    {"$not", &JsonCompiler::nested, true},
    {"$all", &JsonCompiler::each_by_some},
    {"$alli", &JsonCompiler::each_by_some, false, true},
    {"$elemMatch", &JsonCompiler::some_element},
    {"$size", &JsonCompiler::nested, false, false, Relation::equal, Op::element_count},
    {"$inGroup", &JsonCompiler::in_group},
    {"$notInGroup", &JsonCompiler::in_group, true},
    {"$veq", &JsonCompiler::version},
    {"$vne", &JsonCompiler::version, true},
    {"$vlt", &JsonCompiler::version, false, false, Relation::less},
    {"$vlte", &JsonCompiler::version, false, false, Relation::less_equal},
    {"$vgt", &JsonCompiler::version, false, false, Relation::greater},
    {"$vgte", &JsonCompiler::version, false, false, Relation::greater_equal},
};

}  // namespace

void compile_json(const Json::Value& condition, const JsonDialect& dialect, Conditions& conditions,
                  AttributeTable& attributes, Dependencies& dependencies, const Where& where) {
  JsonCompiler(dialect, conditions, attributes, dependencies, where)
      .condition(condition, JsonCompiler::Names::attributes);
}

void compile_json_on_members(const Json::Value& condition, const JsonDialect& dialect,
                             Conditions& conditions, AttributeTable& attributes,
                             const Where& where) {
  Dependencies none;
  JsonCompiler(dialect, conditions, attributes, none, where)
      .condition(condition, JsonCompiler::Names::members);
}

void compile_json_file(const std::string& path, const Json::Value* saved_groups,
                       Conditions& conditions, AttributeTable& attributes,
                       Dependencies& dependencies, const Where& where) {
  const Json::Value json = read_json_file(path, where);
  JsonDialect dialect;
  dialect.saved_groups = saved_groups;
  try {
    compile_json(json, dialect, conditions, attributes, dependencies, where);
  } catch (const ConfigError& error) {
    throw ConfigError(error.where(), "in " + quoted(path) + ": " + error.what());
  }
}

}  // namespace personalize::decision
