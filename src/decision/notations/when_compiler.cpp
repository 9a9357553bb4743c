#include "decision/notations/when_compiler.h"

#include <json/value.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/date.h"
#include "base/json_file.h"
#include "base/number.h"
#include "base/text.h"
#include "decision/notations/json_compiler.h"

namespace personalize::decision {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

enum class Operation {
  one_of,
  in_group,
  compare,
  between,
  has,
  top,
  size,
  matches,
  exists,
  within,
  older_than
};

struct Operator {
  std::string_view name;
  Operation operation;
  bool negated;
  Relation relation;
  std::size_t min_literals;
  std::size_t max_literals;
  std::string_view usage;  // what follows the name
};

constexpr Operator operators[] = {
    {"=", Operation::one_of, false, Relation::equal, 1, 1, " VALUE"},
    {"!=", Operation::one_of, true, Relation::equal, 1, 1, " VALUE"},
    {"<", Operation::compare, false, Relation::less, 1, 1, " VALUE"},
    {"<=", Operation::compare, false, Relation::less_equal, 1, 1, " VALUE"},
    {">", Operation::compare, false, Relation::greater, 1, 1, " VALUE"},
    {">=", Operation::compare, false, Relation::greater_equal, 1, 1, " VALUE"},
    {"in", Operation::one_of, false, Relation::equal, 1, unlimited, " VALUE…"},
    {"not_in", Operation::one_of, true, Relation::equal, 1, unlimited, " VALUE…"},
    {"in_group", Operation::in_group, false, Relation::equal, 1, 1, " ID"},
    {"not_in_group", Operation::in_group, true, Relation::equal, 1, 1, " ID"},
    {"has", Operation::has, false, Relation::equal, 1, unlimited, " VALUE…"},
    {"top", Operation::top, false, Relation::equal, 1, unlimited, " [NUMBER] NAME…"},
    {"size", Operation::size, false, Relation::equal, 1, 2, " [= != < <= > >=] NUMBER"},
    {"~", Operation::matches, false, Relation::equal, 1, 1, " REGEX"},
    {"~*", Operation::matches, false, Relation::equal, 1, 1, " REGEX"},
    {"!~", Operation::matches, true, Relation::equal, 1, 1, " REGEX"},
    {"exists", Operation::exists, false, Relation::equal, 0, 0, ""},
    {"missing", Operation::exists, true, Relation::equal, 0, 0, ""},
    {"between", Operation::between, false, Relation::equal, 2, 2, " LOW HIGH"},
    {"within", Operation::within, false, Relation::equal, 1, 1, " DURATION"},
    {"older_than", Operation::older_than, false, Relation::equal, 1, 1, " DURATION"},
};

const Operator* find_operator(std::string_view name) {
  const auto found = std::find_if(std::begin(operators), std::end(operators),
                                  [&](const Operator& o) { return o.name == name; });
  return found == std::end(operators) ? nullptr : found;
}

std::string operator_names() {
  std::string names;
  for (const auto& op : operators) {
    names += names.empty() ? "" : " ";
    names += op.name;
  }
  return names;
}

template <class Words>
bool is_among(const Words& words, std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// ISO 3166-1 alpha-2, as geo databases write it.
bool is_country(std::string_view text) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  return text.size() == 2 && std::all_of(text.begin(), text.end(), is_capital);
}

bool is_hour(std::string_view text) {
  const auto number = read_decimal(text);
  return number && *number >= 0 && *number <= 23 && *number == std::floor(*number);
}

// As $name or ${name}.
bool is_variable(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '{'; };
  return text.size() > 1 && text[0] == '$' && is_letter(text[1]);
}

std::optional<bool> read_boolean(std::string_view text) {
  if (text == "true" || text == "1") {
    return true;
  }
  if (text == "false" || text == "0") {
    return false;
  }
  return std::nullopt;
}

// Compiles one `when` or `unless` line.
class Line {
 public:
  Line(Conditions& conditions, AttributeTable& attributes, Dependencies& dependencies,
       const Json::Value* saved_groups, const Statement& statement)
      : conditions_(conditions),
        attributes_(attributes),
        dependencies_(dependencies),
        saved_groups_(saved_groups),
        statement_(statement),
        negated_(statement.words[0] == "unless") {}

  void compile() {
    if (statement_.words.size() < 2) {
      fail(quoted(statement_.words[0]) +
           " lacks an attribute: write \"when ATTRIBUTE\" or \"when ATTRIBUTE OPERATOR VALUE…\"");
    }
    const AttributeId attribute = attributes_.intern(statement_.words[1], statement_.where);
    look_at(subject_, attribute, attributes_, conditions_, dependencies_);
    type_ = type_of(attributes_[attribute]);
    if (attributes_[attribute].root == Root::experiment) {
      variants_ = &attributes_.variants(attributes_[attribute].index);
    }

    if (statement_.words.size() == 2) {
      Node node = subject_;
      node.op = Op::truthy;
      node.negated = negated_;
      conditions_.leaf(node);
      return;
    }
    operator_ = find_operator(statement_.words[2]);
    if (operator_ == nullptr) {
      fail_unknown_operator();
    }
    literals_.assign(statement_.words.begin() + 3, statement_.words.end());
    if (literals_.size() < operator_->min_literals || literals_.size() > operator_->max_literals) {
      fail_usage();
    }
    check_variables();
    operation();
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw ConfigError(statement_.where, message);
  }

  std::string attribute() const { return quoted(statement_.words[1]); }

  [[noreturn]] void fail_unknown_operator() const {
    const std::string& word = statement_.words[2];
    std::string hint =
        word == "=="    ? ", for equality write \"=\""
        : word == "!~*" ? ", to ignore case write \"unless " + statement_.words[1] + " ~* REGEX\""
                        : "";
    fail("unknown operator " + quoted(word) + " after " + attribute() + hint +
         "; the operators are " + operator_names());
  }

  [[noreturn]] void fail_usage() const {
    fail("wrong number of values for " + quoted(operator_->name) + ": write \"" +
         statement_.words[0] + " " + statement_.words[1] + " " + std::string(operator_->name) +
         std::string(operator_->usage) + "\"");
  }

  void operation() {
    Node node = subject_;
    node.negated = negated_ != operator_->negated;
    switch (operator_->operation) {
      case Operation::one_of:
        std::for_each(literals_.begin(), literals_.end(),
                      [this](std::string_view literal) { check_equal(literal); });
        node.op = Op::one_of;
        node.in_arrays = true;
        node.operand = conditions_.add(set_of(literals_));
        conditions_.leaf(node);
        break;
      case Operation::in_group:
        node.op = Op::one_of;
        node.in_arrays = true;
        node.operand = conditions_.add(group(std::string(literals_[0])));
        conditions_.leaf(node);
        break;
      case Operation::compare:
        check_ordered();
        compare(node, operator_->relation, literals_[0]);
        break;
      case Operation::between:
        between(node);
        break;
      case Operation::has:
        has(node);
        break;
      case Operation::top:
        top(node);
        break;
      case Operation::size:
        size(node);
        break;
      case Operation::matches:
        node.op = Op::matches;
        node.operand = regex(literals_[0], operator_->name == "~*");
        conditions_.leaf(node);
        break;
      case Operation::exists:
        node.op = Op::exists;
        conditions_.leaf(node);
        break;
      case Operation::within:
      case Operation::older_than:
        duration(node);
        break;
    }
  }

  // Only keys and templates are filled in.
  void check_variables() const {
    const auto found = std::find_if(literals_.begin(), literals_.end(), is_variable);
    if (found != literals_.end() && operator_->operation != Operation::matches) {
      fail(attribute() + " would be compared with the text " + quoted(*found) +
           ": conditions know no variables; compare with fixed values, or have a \"map\" compare "
           "and ask for \"when var.NAME\"");
    }
  }

  // A literal that the attribute can never be is a mistake.
  void check_equal(std::string_view literal) const {
    check_type(literal);
    if (variants_ != nullptr && !is_among(*variants_, literal)) {
      fail(attribute() + " cannot be " + quoted(literal) + ": its variants are " +
           list_names(*variants_));
    }
    const auto words = words_of(type_);
    if (!words.empty() && !is_among(words, literal)) {
      fail(attribute() + " cannot be " + quoted(literal) + ": it is one of " + list_names(words));
    }
    if (type_ == ValueType::country && !is_country(literal)) {
      fail(attribute() + " cannot be " + quoted(literal) +
           ": it is a code of two capital letters, as in \"" + statement_.words[1] +
           " in PL RO\", with spaces between several");
    }
    if (type_ == ValueType::hour && !is_hour(literal)) {
      fail(attribute() + " cannot be " + quoted(literal) + ": it is a whole number from 0 to 23");
    }
  }

  void check_type(std::string_view literal) const {
    const bool is_number = type_ == ValueType::number || type_ == ValueType::hour;
    if (is_number && !read_decimal(literal)) {
      fail(attribute() + " is a number and cannot be compared with " + quoted(literal));
    }
    if (type_ == ValueType::boolean && !read_boolean(literal)) {
      fail(attribute() + " is true or false and cannot be " + quoted(literal));
    }
  }

  void check_ordered() const {
    if (type_ == ValueType::boolean) {
      fail(attribute() + " is true or false, so " + quoted(operator_->name) +
           " does not apply: write \"when " + statement_.words[1] + "\" or \"unless " +
           statement_.words[1] + "\"");
    }
    std::for_each(literals_.begin(), literals_.end(),
                  [this](std::string_view literal) { check_type(literal); });
  }

  Set set_of(const std::vector<std::string_view>& literals) {
    Set set;
    for (const auto literal : literals) {
      set.texts.push_back(conditions_.keep(literal));
      if (const auto number = read_decimal(literal)) {
        set.numbers.push_back(*number);
      }
      if (const auto boolean = read_boolean(literal)) {
        (*boolean ? set.has_true : set.has_false) = true;
      }
    }
    return set;
  }

  // The values of a saved group: a list, or one that knows its attribute, which counts for nothing
  // here.
  Set group(const std::string& id) {
    if (saved_groups_ == nullptr) {
      fail(quoted(operator_->name) +
           " needs a payload of personalize_features in this server that has \"savedGroups\"");
    }
    const Json::Value* found = saved_groups_->find(id.data(), id.data() + id.size());
    if (found == nullptr) {
      const auto names = saved_groups_->getMemberNames();
      fail("unknown saved group " + quoted(id) + ": the payload has " + list_names(names));
    }
    const Json::Value& values = found->isObject() ? (*found)["values"] : *found;
    if (!values.isArray()) {
      fail("saved group " + quoted(id) + " has no list of values: for one that is a condition, " +
           "write \"when segment." + id + "\"");
    }
    std::vector<std::string> texts;
    for (const auto& value : values) {
      if (value.isString() || value.isNumeric() || value.isBool()) {
        texts.push_back(value.asString());
      }
    }
    return set_of({texts.begin(), texts.end()});
  }

  void compare(Node node, Relation relation, std::string_view literal) {
    node.op = Op::compare;
    node.relation = relation;
    node.operand = conditions_.add(Literal{Value::string(conditions_.keep(literal)),
                                           read_decimal(literal).value_or(not_a_number)});
    conditions_.leaf(node);
  }

  void between(Node node) {
    check_ordered();
    const auto low = read_decimal(literals_[0]);
    const auto high = read_decimal(literals_[1]);
    if (low.has_value() != high.has_value()) {
      fail("\"between\" takes two numbers or two texts, not " + quoted(literals_[0]) + " and " +
           quoted(literals_[1]));
    }
    if (low ? *low > *high : literals_[0] > literals_[1]) {
      fail("nothing is between " + quoted(literals_[0]) + " and " + quoted(literals_[1]) +
           ": write the lower one first");
    }
    const auto group = conditions_.open(node);
    compare(Node(), Relation::greater_equal, literals_[0]);
    compare(Node(), Relation::less_equal, literals_[1]);
    conditions_.close(group);
  }

  void has(Node node) {
    const auto group = conditions_.open(node);
    for (const auto literal : literals_) {
      Node one;
      one.op = Op::has;
      one.operand = conditions_.add(set_of({literal}));
      conditions_.leaf(one);
    }
    conditions_.close(group);
  }

  // A number counts as such where names follow; one that stands alone is itself a name.
  void top(Node node) {
    Ranking ranking;
    auto first_name = literals_.begin();
    const auto number = read_decimal(literals_.front());
    if (number && literals_.size() > 1) {
      constexpr double most = 1000;
      if (*number < 1 || *number > most || *number != std::floor(*number)) {
        fail("\"top " + std::string(literals_.front()) +
             "\" is not a number of places: write a whole number from 1 to 1000, as in \"top 3 " +
             std::string(literals_[1]) + "\"");
      }
      ranking.count = static_cast<std::uint32_t>(*number);
      ++first_name;
    }
    std::for_each(first_name, literals_.end(),
                  [&](std::string_view name) { ranking.names.push_back(conditions_.keep(name)); });
    node.op = Op::top;
    node.operand = conditions_.add(std::move(ranking));
    conditions_.leaf(node);
  }

  void size(Node node) {
    const Operator* relation = literals_.size() == 2 ? find_operator(literals_[0]) : operators;
    const bool relates = relation != nullptr && (relation->name == "=" || relation->name == "!=" ||
                                                 relation->operation == Operation::compare);
    if (!relates) {
      fail_usage();
    }
    const auto number = read_decimal(literals_.back());
    if (!number) {
      fail("\"size\" is compared with a number, not with " + quoted(literals_.back()));
    }

    node.op = Op::size;
    const auto group = conditions_.open(node);
    Node comparison;
    if (relation->operation == Operation::compare) {
      compare(comparison, relation->relation, literals_.back());
    } else {
      comparison.op = Op::one_of;
      comparison.negated = relation->negated;
      comparison.operand = conditions_.add(set_of({literals_.back()}));
      conditions_.leaf(comparison);
    }
    conditions_.close(group);
  }

  std::uint32_t regex(std::string_view pattern, bool ignore_case) {
    try {
      return conditions_.add(Regex(pattern, ignore_case));
    } catch (const RegexError& error) {
      fail("bad regular expression " + quoted(pattern) + ": " + error.what());
    }
  }

  void duration(Node node) {
    const auto seconds = read_duration(literals_[0]);
    if (!seconds) {
      fail(quoted(literals_[0]) + " is not a duration: write a number and s, m, h, d or w, as in " +
           "\"180d\"");
    }
    conditions_.set_now(attributes_.intern("time.now", statement_.where));
    node.op = operator_->operation == Operation::within ? Op::within : Op::older_than;
    node.operand = conditions_.add(Literal{Value::number(*seconds), *seconds});
    conditions_.leaf(node);
  }

  Conditions& conditions_;
  AttributeTable& attributes_;
  Dependencies& dependencies_;
  const Json::Value* saved_groups_;
  const Statement& statement_;
  bool negated_;
  Node subject_;
  ValueType type_ = ValueType::any;
  const std::vector<std::string>* variants_ = nullptr;  // what an experiment can be
  const Operator* operator_ = nullptr;
  std::vector<std::string_view> literals_;
};

}  // namespace

bool WhenCompiler::knows(const Statement& statement) {
  static constexpr std::string_view words[] = {"when", "unless", "any", "all", "json"};
  return is_among(words, statement.words.at(0));
}

void WhenCompiler::compile(const Statement& statement) {
  const std::string& word = statement.words.at(0);
  if (word == "any" || word == "all") {
    block(statement, word == "any" ? Op::any : Op::all);
  } else if (word == "json") {
    json(statement);
  } else {
    Line(conditions_, attributes_, dependencies_, saved_groups_, statement).compile();
  }
}

void WhenCompiler::block(const Statement& statement, Op op) {
  const std::string& word = statement.words[0];
  if (statement.words.size() > 1) {
    throw ConfigError(statement.where, quoted(word) + " takes only a block: write \"" + word +
                                           " { when …; when …; }\"");
  }
  if (statement.block.empty()) {
    throw ConfigError(statement.where, quoted(word) + " is empty: write conditions into its block");
  }
  if (nesting_ == max_nesting) {
    throw ConfigError(statement.where,
                      "blocks nest deeper than " + std::to_string(max_nesting) +
                          ": put inner conditions into a personalize_segment of their own");
  }

  Node group;
  group.op = op;
  const auto index = conditions_.open(group);
  ++nesting_;
  for (const auto& inner : statement.block) {
    if (!knows(inner)) {
      throw ConfigError(inner.where, quoted(inner.words[0]) + " cannot stand inside " +
                                         quoted(word) +
                                         ": conditions are when, unless, any, all and json");
    }
    compile(inner);
  }
  --nesting_;
  conditions_.close(index);
}

// Saved groups stand in a file of their own, or in what GrowthBook's SDK endpoint serves.
void WhenCompiler::json(const Statement& statement) {
  constexpr std::string_view groups = "groups=";
  const auto& words = statement.words;
  const bool has_groups = words.size() == 3 && words[2].substr(0, groups.size()) == groups;
  if (words.size() != 2 && !has_groups) {
    throw ConfigError(statement.where,
                      "\"json\" takes one file: write \"json FILE\" or \"json FILE groups=FILE\"");
  }
  Json::Value file;
  const Json::Value* saved_groups = saved_groups_;
  if (has_groups) {
    const std::string path = words[2].substr(groups.size());
    file = read_json_file(path, statement.where);
    if (!file.isObject()) {
      throw ConfigError(statement.where, quoted(path) +
                                             " must be an object of groups by id, as in "
                                             "{\"grp_1\": [\"a\", \"b\"]}");
    }
    saved_groups = file["savedGroups"].isObject() ? &file["savedGroups"] : &file;
  }
  compile_json_file(words[1], saved_groups, conditions_, attributes_, dependencies_,
                    statement.where);
}

}  // namespace personalize::decision
