#include "decision/notations/json_compiler.h"

#include <json/json.h>

#include <algorithm>
#include <limits>
#include <set>

#include "base/json_file.h"
#include "base/text.h"
#include "decision/conditions/version.h"
#include "personalize/base/document.h"

namespace personalize::decision {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::string_view text_of(const Json::Value& json) {
  const char* begin = nullptr;
  const char* end = nullptr;
  json.getString(&begin, &end);
  return {begin, static_cast<std::size_t>(end - begin)};
}

bool to_boolean(const Json::Value& json) {
  switch (json.type()) {
    case Json::nullValue:
      return false;
    case Json::booleanValue:
      return json.asBool();
    case Json::stringValue:
      return !text_of(json).empty();
    case Json::arrayValue:
    case Json::objectValue:
      return true;
    default:
      return json.asDouble() != 0;
  }
}

// An object whose keys all begin with '$' holds operators, any other is a value to be equal to.
bool holds_operators(const Json::Value& json) {
  if (!json.isObject() || json.empty()) {
    return false;
  }
  const auto names = json.getMemberNames();
  return std::all_of(names.begin(), names.end(),
                     [](const std::string& name) { return !name.empty() && name[0] == '$'; });
}

std::vector<std::string> split_path(std::string_view name) {
  std::vector<std::string> path;
  while (true) {
    const auto dot = name.find('.');
    path.emplace_back(name.substr(0, dot));
    if (dot == std::string_view::npos) {
      return path;
    }
    name.remove_prefix(dot + 1);
  }
}

struct VersionOperator {
  std::string_view name;
  Relation relation;
  bool negated;
};

constexpr VersionOperator version_operators[] = {
    {"$veq", Relation::equal, false},   {"$vne", Relation::equal, true},
    {"$vlt", Relation::less, false},    {"$vlte", Relation::less_equal, false},
    {"$vgt", Relation::greater, false}, {"$vgte", Relation::greater_equal, false},
};

struct OrderOperator {
  std::string_view name;
  Relation relation;
};

constexpr OrderOperator order_operators[] = {
    {"$lt", Relation::less},
    {"$lte", Relation::less_equal},
    {"$gt", Relation::greater},
    {"$gte", Relation::greater_equal},
};

struct RegexOperator {
  std::string_view name;
  bool ignore_case;
  bool negated;
};

constexpr RegexOperator regex_operators[] = {
    {"$regex", false, false},
    {"$regexi", true, false},
    {"$notRegex", false, true},
    {"$notRegexi", true, true},
};

struct ListOperator {
  std::string_view name;
  bool folded;
  bool negated;
};

constexpr ListOperator list_operators[] = {
    {"$in", false, false},
    {"$nin", false, true},
    {"$ini", true, false},
    {"$nini", true, true},
};

struct TypeName {
  std::string_view name;
  Kind kind;
};

constexpr TypeName type_names[] = {
    {"null", Kind::null},     {"boolean", Kind::boolean}, {"number", Kind::number},
    {"string", Kind::string}, {"array", Kind::array},     {"object", Kind::object},
};

constexpr std::string_view known_operators =
    "$eq $ne $lt $lte $gt $gte $in $nin $ini $nini $exists $type $regex $regexi $notRegex "
    "$notRegexi $not $all $alli $elemMatch $size $inGroup $notInGroup $veq $vne $vlt $vlte $vgt "
    "$vgte";

template <class Table>
auto find_named(const Table& table, std::string_view name) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [&](const auto& row) { return row.name == name; });
  return found == std::end(table) ? nullptr : found;
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

  // Names in a condition are those of attributes, or inside $elemMatch of the element's members.
  enum class Names { attributes, members };

  // A condition: {"name": condition on its value, …, "$or": [condition, …]}; all must hold.
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
  // Guards the recursion over the file's nesting, and with it that of the evaluation.
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

  // A mistake fails at request time where the dialect is not strict.
  void mistake(const std::string& message) {
    complain(message);
    conditions_.constant(false);
  }

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
    const auto id = dialect_.names != nullptr ? dialect_.names->find(name)
                                              : attributes_.intern(dialect_.prefix + name, where_);
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
    // Of no alternatives at all, the SDK says that one holds.
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

  // A condition on the value that `node` looks at. `folded` ignores the case of texts.
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

  // One operator on what the parent looks at.
  void operation(const std::string& name, const Json::Value& json) {
    Node node;
    if (const auto* version = find_named(version_operators, name)) {
      node.op = Op::js_version;
      node.relation = version->relation;
      node.negated = version->negated;
      node.operand = text(pad_version(version_text(json)));
      conditions_.leaf(node);
    } else if (const auto* order = find_named(order_operators, name)) {
      node.op = Op::js_compare;
      node.relation = order->relation;
      node.operand = json.isArray() || json.isObject() ? document(json) : scalar(json);
      conditions_.leaf(node);
    } else if (const auto* expression = find_named(regex_operators, name)) {
      regex(*expression, json);
    } else if (const auto* list = find_named(list_operators, name)) {
      if (json.isArray()) {
        one_of(json, list->folded, list->negated, true);
      } else {
        mistake(quoted(name) + " takes a list of values");
      }
    } else if (name == "$eq" || name == "$ne") {
      Json::Value single(Json::arrayValue);
      single.append(json);
      one_of(single, false, name == "$ne", false);
    } else if (name == "$exists") {
      node.op = Op::exists;
      node.negated = !to_boolean(json);
      conditions_.leaf(node);
    } else if (name == "$inGroup" || name == "$notInGroup") {
      saved_group(name, json);
    } else if (name == "$not") {
      node.negated = true;
      const auto index = conditions_.open(node);
      value(json, Node());
      conditions_.close(index);
    } else if (name == "$size") {
      node.op = Op::element_count;
      const auto index = conditions_.open(node);
      value(json, Node());
      conditions_.close(index);
    } else if (name == "$elemMatch") {
      some_element(json);
    } else if (name == "$all" || name == "$alli") {
      each_by_some(name, json);
    } else if (name == "$type") {
      type(json);
    } else {
      mistake("unknown operator " + quoted(name) + ": known are " + std::string(known_operators));
    }
  }

  void regex(const RegexOperator& op, const Json::Value& json) {
    if (!json.isString()) {
      mistake(quoted(op.name) + " takes a regular expression as text");
      return;
    }
    Node node;
    node.op = Op::js_matches;
    node.negated = op.negated;
    try {
      node.operand = conditions_.add(Regex(text_of(json), op.ignore_case));
    } catch (const RegexError& error) {
      mistake("bad regular expression " + quoted(text_of(json)) + ": " + error.what());
      return;
    }
    conditions_.leaf(node);
  }

  // Arrays and objects among the values are equal to nothing.
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
          set.numbers.push_back(element.asDouble());
      }
    }
    Node node;
    node.op = folded ? Op::one_of_folded : Op::one_of;
    node.negated = negated;
    node.in_arrays = in_arrays;
    node.operand = conditions_.add(std::move(set));
    conditions_.leaf(node);
  }

  // The saved group of that id; nullptr where there is none.
  const Json::Value* find_group(const Json::Value& id) const {
    if (!id.isString() || dialect_.saved_groups == nullptr || !dialect_.saved_groups->isObject()) {
      return nullptr;
    }
    const auto text = text_of(id);
    return dialect_.saved_groups->find(text.data(), text.data() + text.size());
  }

  static bool is_kind(const Json::Value& group, std::string_view kind) {
    return group.isObject() && group["type"].isString() && text_of(group["type"]) == kind;
  }

  // A group is a list of values, or {"type": "list", "values": […]}.
  void saved_group(const std::string& name, const Json::Value& id) {
    if (dialect_.saved_groups == nullptr) {
      mistake(quoted(name) + " needs saved groups: write \"json FILE groups=FILE\", or list the " +
              "values with " + (name == "$inGroup" ? "$in" : "$nin"));
      return;
    }
    const Json::Value* group = find_group(id);
    if (group == nullptr) {
      complain(quoted(name) + " names a saved group that does not exist");
      one_of(Json::Value(Json::arrayValue), false, name == "$notInGroup", true);
      return;
    }
    const Json::Value& values = is_kind(*group, "list") ? (*group)["values"] : *group;
    if (!values.isArray()) {
      // Nobody is in it, and nobody is outside.
      mistake("saved group " + quoted(text_of(id)) + " is not a list of values");
      return;
    }
    one_of(values, false, name == "$notInGroup", true);
  }

  // {"$savedGroup": {"id": ID, "attributeKey": NAME}}: a group that knows its attribute or holds a
  // condition itself.
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
    if (is_kind(*group, "list") && (*group)["values"].isArray()) {
      const Json::Value& key = (has_key ? reference : *group)["attributeKey"];
      if (key.isString()) {
        const auto index = conditions_.open(subject(key.asString(), names));
        one_of((*group)["values"], false, false, true);
        conditions_.close(index);
        return;
      }
    } else if (is_kind(*group, "condition") && (*group)["condition"].isObject()) {
      open_groups_.insert(id);
      condition((*group)["condition"], names);
      open_groups_.erase(id);
      return;
    }
    mistake("saved group " + quoted(id) + " is neither a list with an attribute nor a condition");
  }

  void some_element(const Json::Value& json) {
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

  void each_by_some(const std::string& name, const Json::Value& json) {
    if (!json.isArray()) {
      mistake(quoted(name) + " takes a list of values");
      return;
    }
    Node node;
    node.op = Op::each_by_some;
    const auto index = conditions_.open(node);
    for (const auto& element : json) {
      value(element, Node(), name == "$alli");
    }
    conditions_.close(index);
  }

  void type(const Json::Value& json) {
    const auto* type = json.isString() ? find_named(type_names, text_of(json)) : nullptr;
    if (type == nullptr) {
      mistake("\"$type\" takes one of null, boolean, number, string, array, object");
      return;
    }
    Node node;
    node.op = Op::js_type;
    node.operand = conditions_.add(
        Literal{Value(), static_cast<double>(static_cast<std::uint8_t>(type->kind))});
    conditions_.leaf(node);
  }

  std::uint32_t scalar(const Json::Value& json) {
    switch (json.type()) {
      case Json::nullValue:
        return conditions_.add(Literal{Value::null(), 0});
      case Json::booleanValue:
        return conditions_.add(Literal{Value::boolean(json.asBool()), json.asBool() ? 1.0 : 0.0});
      case Json::stringValue:
        return text(text_of(json));
      default:
        return conditions_.add(Literal{Value::number(json.asDouble()), json.asDouble()});
    }
  }

  std::uint32_t text(std::string_view text) {
    return conditions_.add(Literal{Value::string(conditions_.keep(text)), not_a_number});
  }

  std::uint32_t document(const Json::Value& json) {
    DocumentBuilder builder(std::pmr::new_delete_resource());
    build_document(json, builder);
    return conditions_.add(
        Literal{Value::document(conditions_.keep(builder.finish())), not_a_number});
  }

  static std::string lower(std::string_view text) {
    return std::string(Lowered(text, std::pmr::new_delete_resource()).view());
  }

  // What is neither text nor a number counts as version 0.
  static std::string version_text(const Json::Value& json) {
    if (json.isString()) {
      return std::string(text_of(json));
    }
    NumberBuffer buffer;
    return json.isNumeric() ? std::string(number_text(json.asDouble(), buffer)) : std::string();
  }

  const JsonDialect& dialect_;
  Conditions& conditions_;
  AttributeTable& attributes_;
  Dependencies& dependencies_;
  const Where& where_;
  std::set<std::string> open_groups_;
  unsigned depth_ = 0;
};

}  // namespace

void build_document(const Json::Value& json, DocumentBuilder& out) {
  switch (json.type()) {
    case Json::nullValue:
      out.null();
      break;
    case Json::booleanValue:
      out.boolean(json.asBool());
      break;
    case Json::stringValue:
      out.string(text_of(json));
      break;
    case Json::arrayValue:
      out.begin_array();
      for (const auto& element : json) {
        build_document(element, out);
      }
      out.end();
      break;
    case Json::objectValue:
      out.begin_object();
      for (auto member = json.begin(); member != json.end(); ++member) {
        out.key(member.name());
        build_document(*member, out);
      }
      out.end();
      break;
    default:
      out.number(json.asDouble());
  }
}

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
