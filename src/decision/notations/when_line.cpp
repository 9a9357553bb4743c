#include "decision/notations/when_line.h"

#include <json/value.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "base/numbers/number.h"
#include "base/numbers/units.h"
#include "base/text/ascii.h"
#include "base/text/text.h"
#include "base/values/exact_number.h"
#include "base/values/member.h"
#include "decision/notations/known_values.h"
#include "personalize/attributes/page.h"
#include "personalize/attributes/reference.h"

namespace personalize::decision {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

// Returns whether the text is a variable as NGINX writes it: $name.
bool is_variable(std::string_view text) {
  const auto begins_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return text.size() > 1 && text[0] == '$' && begins_name(text[1]);
}

class Line {
 public:
  Line(const Statement& statement, const WhenScope& scope, Conditions& conditions,
       AttributeTable& attributes, Dependencies& dependencies)
      : conditions_(conditions),
        attributes_(attributes),
        dependencies_(dependencies),
        scope_(scope),
        saved_groups_(scope.saved_groups),
        statement_(statement) {}

  void compile() {
    if (statement_.words.size() < 2) {
      fail(quoted(statement_.words[0]) +
           " lacks an attribute: write \"when ATTRIBUTE\" or \"when ATTRIBUTE OPERATOR VALUE…\"");
    }
    check_spaces();
    check_own_variable();
    Node node;
    look_at_name(node, statement_.words[1], statement_.where, scope_.in_element, conditions_,
                 attributes_, dependencies_);
    looked_at_ = scope_.in_element
                     ? member()
                     : attributes_[attributes_.intern(statement_.words[1], statement_.where)];
    known_.emplace(looked_at_, attributes_);
    const bool negated = statement_.words[0] == "unless";

    if (statement_.words.size() == 2) {
      node.op = Op::yes;
      node.negated = negated;
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
    node.negated = negated != operator_->negated;
    (this->*operator_->compile)(node);
  }

 private:
  struct Operator {
    std::string_view name;
    // Adds the node, which already has its attribute and whether it is negated.
    void (Line::*compile)(Node node);
    std::size_t min_literals;
    std::size_t max_literals;
    std::string_view usage;         // what follows the name
    bool takes_attributes = false;  // ${ATTRIBUTE} for a value
    bool negated = false;
    Relation relation = Relation::equal;
  };
  static const Operator operators[24];

  static const Operator* find_operator(std::string_view name) {
    const auto found = std::find_if(std::begin(operators), std::end(operators),
                                    [&](const Operator& o) { return o.name == name; });
    return found == std::end(operators) ? nullptr : found;
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw ConfigError(statement_.where, message);
  }

  std::string attribute() const { return quoted(statement_.words[1]); }

  // Returns what is known of a member of an element: no more than its name.
  Attribute member() const {
    Attribute member;
    member.root = Root::source;
    member.spelling = statement_.words[1];
    return member;
  }

  // Refuses variables that are decided by conditions.
  void check_own_variable() const {
    constexpr std::string_view own = "var.personalize_";
    const std::string& word = statement_.words[1];
    if (!scope_.in_element && word.compare(0, own.size(), own) == 0) {
      fail(attribute() +
           " is made of what is decided: write \"segment.NAME\", \"experiment.NAME\" or another "
           "attribute");
    }
  }

  // Refuses `when profile.tier=gold`, which would ask for a member of that name.
  void check_spaces() const {
    const std::string& word = statement_.words[1];
    const auto begin = word.find_first_of("=<>");
    if (begin == std::string::npos || begin == 0) {
      return;
    }
    const auto first = begin - (word[begin - 1] == '!' ? 1 : 0);
    const auto end = std::min(word.find_first_not_of("=<>", begin), word.size());
    const auto shown = [](const std::string& text) { return text.empty() ? "VALUE" : text; };
    fail(quoted(word) + " has an operator and no spaces around it: write \"" + statement_.words[0] +
         " " + word.substr(0, first) + " " + word.substr(first, end - first) + " " +
         shown(word.substr(end)) + "\"");
  }

  [[noreturn]] void fail_unknown_operator() const {
    const std::string& word = statement_.words[2];
    std::string hint =
        word == "=="    ? ", for equality write \"=\""
        : word == "!~*" ? ", to ignore case write \"unless " + statement_.words[1] + " ~* REGEX\""
                        : "";
    fail("unknown operator " + quoted(word) + " after " + attribute() + hint +
         "; the operators are " +
         list_names(
             operators, [](const Operator& o) { return o.name; }, " "));
  }

  [[noreturn]] void fail_usage() const {
    fail("wrong number of values for " + quoted(operator_->name) + ": write \"" +
         statement_.words[0] + " " + statement_.words[1] + " " + std::string(operator_->name) +
         std::string(operator_->usage) + "\"");
  }

  void refuse_if(const std::optional<std::string>& why_not) const {
    if (why_not) {
      fail(attribute() + *why_not);
    }
  }

  // Nothing can follow the end of the text that `$` stands for.
  void refuse_reference(std::string_view regex) const {
    const auto open = regex.find("${");
    const auto begin = open == std::string_view::npos ? regex.size() : open + 2;
    if (begin < regex.size() && ascii::is_letter(regex[begin]) &&
        regex.find('}', begin) != std::string_view::npos) {
      fail("a regular expression is a constant, and would never match with " + quoted(regex) +
           ": the values of attributes are compared with = and in");
    }
  }

  // A regular expression may begin with `$`.
  void check_variables() const {
    for (const auto literal : literals_) {
      if (operator_->compile == &Line::matches) {
        refuse_reference(literal);
        return;
      }
      if (is_variable(literal)) {
        const auto name = std::string(literal.substr(1));
        fail(attribute() + " would be compared with the string " + quoted(literal) + ": write " +
             (name.find('.') == std::string::npos
                  ? "\"${var." + name +
                        "}\" for a variable of NGINX, \"${NAME}\" for another attribute"
                  : "\"${" + name + "}\""));
      }
      if (literal.find("${") != std::string_view::npos && referred_attribute(literal).empty()) {
        fail(quoted(literal) + " is neither a constant nor one attribute: write \"${ATTRIBUTE}\"");
      }
      if (!referred_attribute(literal).empty() && !operator_->takes_attributes) {
        fail(quoted(operator_->name) + " takes constants, not " + quoted(literal));
      }
    }
  }

  // Returns the constants among the values.
  std::vector<std::string_view> constants() const {
    std::vector<std::string_view> found;
    std::copy_if(literals_.begin(), literals_.end(), std::back_inserter(found),
                 [](std::string_view literal) { return referred_attribute(literal).empty(); });
    return found;
  }

  // Adds a node that compares what it looks at with another attribute.
  void add_relation(Node node, Relation relation, std::string_view other) {
    node.op = Op::relates;
    node.relation = relation;
    const auto index = conditions_.open(node);
    Node child;
    child.op = Op::exists;
    look_at(child, attributes_.intern(other, statement_.where), attributes_, conditions_,
            dependencies_);
    conditions_.leaf(child);
    conditions_.close(index);
  }

  void check_ordered() const {
    if (known_->are_booleans()) {
      fail(attribute() + " is true or false, so " + quoted(operator_->name) +
           " does not apply: write \"when " + statement_.words[1] + "\" or \"unless " +
           statement_.words[1] + "\"");
    }
    if (known_->are_lists()) {
      fail(attribute() + " is a list, which is neither less nor greater than anything: write \"" +
           statement_.words[0] + " " + statement_.words[1] + " size " +
           std::string(operator_->name == "between" ? ">=" : operator_->name) + " " +
           std::string(literals_[0]) + "\" for the number of its elements");
    }
    for (const auto literal : constants()) {
      refuse_if(known_->why_not_comparable(literal));
    }
  }

  Set set_of(const std::vector<std::string_view>& literals) {
    Set set;
    for (const auto literal : literals) {
      const auto text = conditions_.keep(literal);
      set.texts.push_back(text);
      if (const Value number = exact_number(text); !number.is_missing()) {
        set.add(number);
      }
      if (const auto boolean = read_boolean(literal)) {
        (*boolean ? set.has_true : set.has_false) = true;
      }
    }
    return set;
  }

  // Returns the values of a saved group: a list, or an object with a list and an attribute, which
  // is not looked at here.
  Set group(const std::string& id) {
    if (saved_groups_ == nullptr) {
      fail(quoted(operator_->name) +
           " needs a payload of personalize_features in this server that has \"savedGroups\"");
    }
    const Json::Value* found = saved_groups_->find(id.data(), id.data() + id.size());
    if (found == nullptr) {
      fail("unknown saved group " + quoted(id) + ": the payload has " +
           list_names(saved_groups_->getMemberNames()));
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

  void add_comparison(Node node, Relation relation, std::string_view literal) {
    if (const auto other = referred_attribute(literal); !other.empty()) {
      add_relation(node, relation, other);
      return;
    }
    node.op = Op::compare;
    node.relation = relation;
    const auto text = conditions_.keep(literal);
    const Value number = exact_number(text);
    node.operand = conditions_.add(
        Literal{Value::string(text), number.is_missing() ? Value::number(not_a_number) : number});
    conditions_.leaf(node);
  }

  void add_one_of(Node node, Set set) {
    node.op = Op::one_of;
    node.in_arrays = true;
    node.operand = conditions_.add(std::move(set));
    conditions_.leaf(node);
  }

  void one_of(Node node) {
    const auto known = constants();
    for (const auto literal : known) {
      refuse_if(known_->why_not_equal(literal));
    }
    if (known.size() == literals_.size()) {
      add_one_of(node, set_of(known));
      return;
    }
    if (literals_.size() == 1) {
      return add_relation(node, Relation::equal, referred_attribute(literals_[0]));
    }
    node.op = Op::any;
    const auto group = conditions_.open(node);
    if (!known.empty()) {
      add_one_of(Node(), set_of(known));
    }
    for (const auto literal : literals_) {
      if (const auto other = referred_attribute(literal); !other.empty()) {
        add_relation(Node(), Relation::equal, other);
      }
    }
    conditions_.close(group);
  }

  void in_group(Node node) { add_one_of(node, group(std::string(literals_[0]))); }

  // Adds that a stage is one of those that compare so. Their order is not that of their names.
  template <class Is>
  void add_stages(Node node, Is is) {
    std::vector<std::string_view> stages;
    for (std::uint32_t i = 0; i < page_stages.size(); ++i) {
      if (is(i)) {
        stages.push_back(page_stages[i]);
      }
    }
    if (stages.empty()) {
      fail("no stage is that: they are " + list_names(page_stages) + ", in this order");
    }
    add_one_of(node, set_of(stages));
  }
  std::uint32_t stage_of(std::string_view literal) const {
    refuse_if(known_->why_not_equal(literal));
    return *find_page_stage(literal);
  }
  // Returns whether stages are compared: with words, not with other attributes.
  bool compares_stages() const {
    if (type_of(looked_at_) != ValueType::stage) {
      return false;
    }
    if (constants().size() != literals_.size()) {
      fail(attribute() + " is compared with one of " + list_names(page_stages) +
           ", not with an attribute");
    }
    return true;
  }

  void compare(Node node) {
    if (compares_stages()) {
      const std::uint32_t stage = stage_of(literals_[0]);
      add_stages(node, [&](std::uint32_t other) {
        switch (operator_->relation) {
          case Relation::less:
            return other < stage;
          case Relation::less_equal:
            return other <= stage;
          case Relation::greater:
            return other > stage;
          default:
            return other >= stage;
        }
      });
      return;
    }
    check_ordered();
    add_comparison(node, operator_->relation, literals_[0]);
  }

  void between(Node node) {
    if (compares_stages()) {
      const std::uint32_t low = stage_of(literals_[0]);
      const std::uint32_t high = stage_of(literals_[1]);
      add_stages(node, [&](std::uint32_t stage) { return stage >= low && stage <= high; });
      return;
    }
    check_ordered();
    const auto low = read_decimal(literals_[0]);
    const auto high = read_decimal(literals_[1]);
    const bool are_constants = constants().size() == literals_.size();
    if (are_constants && low.has_value() != high.has_value()) {
      fail("\"between\" takes two numbers or two strings, not " + quoted(literals_[0]) + " and " +
           quoted(literals_[1]));
    }
    if (are_constants && (low ? *low > *high : literals_[0] > literals_[1])) {
      fail("nothing is between " + quoted(literals_[0]) + " and " + quoted(literals_[1]) +
           ": write the lower one first");
    }
    const auto group = conditions_.open(node);
    add_comparison(Node(), Relation::greater_equal, literals_[0]);
    add_comparison(Node(), Relation::less_equal, literals_[1]);
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

  // A number is the count if names follow it; if it is alone, it is a name itself.
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
    const Operator* relation = find_operator(literals_.size() == 2 ? literals_[0] : "=");
    const bool relates = relation != nullptr && (relation->name == "=" || relation->name == "!=" ||
                                                 relation->compile == &Line::compare);
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
    if (relation->compile == &Line::compare) {
      add_comparison(comparison, relation->relation, literals_.back());
    } else {
      comparison.op = Op::one_of;
      comparison.negated = relation->negated;
      comparison.operand = conditions_.add(set_of({literals_.back()}));
      conditions_.leaf(comparison);
    }
    conditions_.close(group);
  }

  void matches(Node node) {
    node.op = Op::matches;
    try {
      node.operand = conditions_.add(Regex(literals_[0], operator_->name == "~*"));
    } catch (const RegexError& error) {
      fail("bad regular expression " + quoted(literals_[0]) + ": " + error.what());
    }
    conditions_.leaf(node);
  }

  void exists(Node node) {
    node.op = Op::exists;
    conditions_.leaf(node);
  }

  void within(Node node) { add_duration(node, Op::within); }
  void older_than(Node node) { add_duration(node, Op::older_than); }
  void within_last(Node node) { add_local_duration(node, Op::within_last); }
  void within_next(Node node) { add_local_duration(node, Op::within_next); }

  void anniversary_within(Node node) {
    constexpr double day = 86400;
    const auto seconds = parse_duration(literals_[0]);
    if (seconds && *seconds > 0 && *seconds < day) {
      fail("an anniversary is a day, and " + quoted(literals_[0]) +
           " is less: write \"0d\" for the day itself, or for example \"7d\" or \"1M\"");
    }
    // Half a year before and after is all of it.
    constexpr double half_year = 183;
    if (seconds && *seconds >= half_year * day) {
      conditions_.warn(statement_.where,
                       attribute() + " anniversary_within " + std::string(literals_[0]) +
                           " holds on every day: it counts the days before the anniversary and "
                           "after it, and a year has no more than 182 of each");
    }
    add_local_duration(node, Op::anniversary_within);
  }

  void add_local_duration(Node node, Op op) {
    conditions_.set_offset(attributes_.intern("time.offset", statement_.where));
    add_duration(node, op);
  }

  // Dates of documents and of orders that are so many minutes old mostly should be as many months
  // old.
  void warn_of_minutes() {
    constexpr std::string_view unlikely[] = {"1m", "2m",  "3m",  "4m",  "6m", "8m",
                                             "9m", "12m", "18m", "24m", "36m"};
    const std::string text(literals_[0]);
    const bool is_far = looked_at_.root == Root::source ||
                        looked_at_.field == Field::session_last_purchase ||
                        looked_at_.field == Field::session_first_visit;
    if (!is_far ||
        std::find(std::begin(unlikely), std::end(unlikely), text) == std::end(unlikely)) {
      return;
    }
    const auto number = text.substr(0, text.size() - 1);
    conditions_.warn(statement_.where,
                     attribute() + " " + std::string(operator_->name) + " " + text +
                         ": m is a minute; write \"" + number + "M\" for months, or \"" +
                         std::to_string(std::stoi(number) * 60) + "s\" if minutes are meant");
  }

  void add_duration(Node node, Op op) {
    const auto seconds = parse_duration(literals_[0]);
    if (!seconds) {
      fail(quoted(literals_[0]) + " is not a duration: write a number and s, m, h, d, w, M " +
           "(months) or y (years), as in \"180d\" or \"6M\"");
    }
    warn_of_minutes();
    conditions_.set_now(attributes_.intern("time.now", statement_.where));
    node.op = op;
    node.operand = conditions_.add(Literal{Value::number(*seconds), Value::number(*seconds)});
    conditions_.leaf(node);
  }

  Conditions& conditions_;
  AttributeTable& attributes_;
  Dependencies& dependencies_;
  const WhenScope& scope_;
  const Json::Value* saved_groups_;
  const Statement& statement_;
  Attribute looked_at_;
  std::optional<KnownValues> known_;  // of the attribute
  const Operator* operator_ = nullptr;
  std::vector<std::string_view> literals_;
};

const Line::Operator Line::operators[] = {
    {"=", &Line::one_of, 1, 1, " VALUE", true},
    {"!=", &Line::one_of, 1, 1, " VALUE", true, true},
    {"<", &Line::compare, 1, 1, " VALUE", true, false, Relation::less},
    {"<=", &Line::compare, 1, 1, " VALUE", true, false, Relation::less_equal},
    {">", &Line::compare, 1, 1, " VALUE", true, false, Relation::greater},
    {">=", &Line::compare, 1, 1, " VALUE", true, false, Relation::greater_equal},
    {"in", &Line::one_of, 1, unlimited, " VALUE…", true},
    {"not_in", &Line::one_of, 1, unlimited, " VALUE…", true, true},
    {"in_group", &Line::in_group, 1, 1, " ID"},
    {"not_in_group", &Line::in_group, 1, 1, " ID", false, true},
    {"has", &Line::has, 1, unlimited, " VALUE…"},
    {"top", &Line::top, 1, unlimited, " [NUMBER] NAME…"},
    {"size", &Line::size, 1, 2, " [= != < <= > >=] NUMBER"},
    {"~", &Line::matches, 1, 1, " REGEX"},
    {"~*", &Line::matches, 1, 1, " REGEX"},
    {"!~", &Line::matches, 1, 1, " REGEX", false, true},
    {"exists", &Line::exists, 0, 0, ""},
    {"missing", &Line::exists, 0, 0, "", false, true},
    {"between", &Line::between, 2, 2, " LOW HIGH", true},
    {"within", &Line::within, 1, 1, " DURATION"},
    {"older_than", &Line::older_than, 1, 1, " DURATION"},
    {"within_last", &Line::within_last, 1, 1, " DURATION"},
    {"within_next", &Line::within_next, 1, 1, " DURATION"},
    {"anniversary_within", &Line::anniversary_within, 1, 1, " DURATION"},
};

}  // namespace

void look_at_name(Node& node, const std::string& name, const Where& where, bool in_element,
                  Conditions& conditions, AttributeTable& attributes, Dependencies& dependencies) {
  if (!in_element) {
    look_at(node, attributes.intern(name, where), attributes, conditions, dependencies);
    return;
  }
  if (name == "this") {
    node.subject = Subject::current;
    return;
  }
  auto path = split_path(name);
  if (std::find(path.begin(), path.end(), std::string()) != path.end()) {
    throw ConfigError(where, quoted(name) + " has an empty name before, between or after dots");
  }
  if (path.size() > 1 && attributes.knows_root(name)) {
    conditions.warn(where, quoted(name) +
                               " is a member of the element here, not an attribute: conditions on "
                               "attributes stand outside of \"element\"");
  }
  node.subject = Subject::member;
  node.from = conditions.add_path(std::move(path));
}

void compile_when_line(const Statement& statement, const WhenScope& scope, Conditions& conditions,
                       AttributeTable& attributes, Dependencies& dependencies) {
  Line(statement, scope, conditions, attributes, dependencies).compile();
}

}  // namespace personalize::decision
