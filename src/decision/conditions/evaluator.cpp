#include "decision/conditions/evaluator.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/numbers/date.h"
#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/values/ecmascript.h"
#include "base/values/exact_number.h"
#include "base/values/member.h"
#include "decision/conditions/version.h"

namespace personalize::decision {

namespace {

using ecmascript::Lowered;
using ecmascript::Text;

// Takes the next item from the front of `rest`. A string is a list of items with commas between
// them and white space around them, which is how cookies, hash fields and query arguments hold
// lists.
std::string_view take_item(std::string_view& rest) {
  return ascii::trim(ascii::take_until(rest, ','));
}

std::uint32_t item_count(std::string_view text) {
  std::uint32_t count = 0;
  while (!text.empty()) {
    count += take_item(text).empty() ? 0 : 1;
  }
  return count;
}

// Returns whether `when ATTRIBUTE` holds: like JavaScript, but "0", "false", [] and {} do not hold
// either, since cookies, hash fields and variables have 0 and false as strings.
bool is_yes(const Value& value) {
  if (value.kind() == Kind::string) {
    const auto text = value.as_string();
    return !text.empty() && text != "0" && text != "false";
  }
  return value.kind() == Kind::array || value.kind() == Kind::object
             ? value.size() > 0
             : ecmascript::to_boolean(value);
}

// Returns whether the sorted `texts` have `text`. The few countries or tiers of most lists are
// distinguished by their sizes and first bytes.
bool has_text(const std::vector<std::string_view>& texts, std::string_view text) {
  constexpr std::size_t few = 8;
  if (texts.size() > few) {
    return std::binary_search(texts.begin(), texts.end(), text);
  }
  return std::any_of(texts.begin(), texts.end(), [text](std::string_view one) {
    return one.size() == text.size() && (one.empty() || one.front() == text.front()) && one == text;
  });
}

// Returns whether the set has the number. A number with a text of its own never equals one without.
bool has_number(const Set& set, const Value& number) {
  if (number.exact_text().empty()) {
    return std::binary_search(set.numbers.begin(), set.numbers.end(), number.as_number());
  }
  return std::binary_search(set.exact_numbers.begin(), set.exact_numbers.end(), number, is_less);
}

// Returns whether `<`, `<=`, `>` or `>=` of `when` holds: compares numbers if the literal is one,
// else the bytes of strings. A value that is not a number is neither more nor less than one.
bool compares(const Value& value, Relation relation, const Literal& literal) {
  if (!std::isnan(literal.number.as_number())) {
    const Value number = value.kind() == Kind::string ? exact_number(value.as_string()) : value;
    return number.kind() == Kind::number && relates(number, relation, literal.number);
  }
  return value.kind() == Kind::string &&
         relates(value.as_string(), relation, literal.value.as_string());
}

// Returns whether it is a number that a double holds.
bool is_plain_number(const Value& value) {
  return value.kind() == Kind::number && value.exact_text().empty();
}

// Returns the value as compares() takes it.
Literal literal_of(const Value& value) {
  const Value number = value.kind() == Kind::string ? exact_number(value.as_string()) : value;
  const bool is_number = number.kind() == Kind::number;
  return {value.kind() == Kind::string ? value : Value::string({}),
          is_number ? number : Value::number(std::numeric_limits<double>::quiet_NaN())};
}

// Returns whether two scalars are equal as a scalar and a constant are: 5 and "5" are, and so are
// true and "true"; texts are compared byte by byte.
bool is_equal(const Value& a, const Value& b) {
  if (a.kind() == Kind::string && b.kind() == Kind::string) {
    return a.as_string() == b.as_string();
  }
  if (a.kind() == Kind::boolean && b.kind() == Kind::boolean) {
    return a.as_boolean() == b.as_boolean();
  }
  if (a.kind() == Kind::boolean || b.kind() == Kind::boolean) {
    const Value& text = a.kind() == Kind::boolean ? b : a;
    const bool truth = a.kind() == Kind::boolean ? a.as_boolean() : b.as_boolean();
    return text.kind() == Kind::string && text.as_string() == (truth ? "true" : "false");
  }
  const Value left = literal_of(a).number;
  const Value right = literal_of(b).number;
  return (a.kind() == Kind::number || b.kind() == Kind::number) &&
         relates(left, Relation::equal, right);
}

// Returns whether an element of an array, or the value itself, does.
template <class Does>
bool any_element(const Value& value, Does does) {
  if (value.kind() != Kind::array) {
    return does(value);
  }
  for (std::uint32_t i = 0; i < value.size(); ++i) {
    if (does(value.at(i))) {
      return true;
    }
  }
  return false;
}

// Compares JavaScript's typeof, except that null and arrays are not objects.
bool is_type(const Value& value, const Literal& literal) {
  const Kind kind = value.is_missing() ? Kind::null : value.kind();
  return static_cast<double>(static_cast<std::uint8_t>(kind)) == literal.number.as_number();
}

bool version_relates(const Value& value, Relation relation, std::string_view padded) {
  if (value.kind() == Kind::string) {
    return relates(compare_version(value.as_string(), padded), relation, 0);
  }
  if (value.kind() == Kind::number && ecmascript::to_boolean(value)) {
    NumberBuffer buffer;
    const auto version = number_text(value, buffer);
    return relates(compare_version(version, padded), relation, 0);
  }
  return relates(compare_version("0", padded), relation, 0);
}

}  // namespace

Value Evaluator::subject_of(const Node& node, const Value& current) noexcept {
  switch (node.subject) {
    case Subject::current:
      return current;
    case Subject::member:
      return find_member(current, conditions_.path(node.from));
    case Subject::attribute:
      return facts_.get(node.from);
    case Subject::segment:
      return Value::boolean(decided_.segment(node.from));
    case Subject::experiment:
      return decided_.experiment(node.from);
    case Subject::feature: {
      const FeaturePath& inside = conditions_.feature_path(node.from);
      return find_member(decided_.feature(inside.feature), inside.path);
    }
    case Subject::value:
      return decided_.value(node.from);
    case Subject::nothing:
      return {};
  }
  return {};
}

bool Evaluator::node_holds(std::uint32_t index, const Value& current) noexcept {
  const Node& node = conditions_.nodes()[index];
  if (node.subject == Subject::current) {
    return outcome(index, node, current) != node.negated;
  }
  if (node.shared != 0 && shared_ != nullptr) {
    return shared_holds(index, node) != node.negated;
  }
  if (node.subject == Subject::segment && node.op == Op::yes) {
    return decided_.segment(node.from) != node.negated;
  }
  const Value value =
      node.subject == Subject::attribute ? facts_.get(node.from) : subject_of(node, current);
  return outcome(index, node, value) != node.negated;
}

bool Evaluator::shared_holds(std::uint32_t index, const Node& node) noexcept {
  constexpr std::uint8_t fails = 1;
  constexpr std::uint8_t holds = 2;
  std::uint8_t& known = shared_[node.shared - 1];
  if (known == 0) {
    known = outcome(index, node, facts_.get(node.from)) ? holds : fails;
  }
  return known == holds;
}

bool Evaluator::outcome(std::uint32_t index, const Node& node, const Value& value) noexcept {
  const auto literal = [&]() -> const Literal& { return conditions_.literal(node.operand); };

  switch (node.op) {
    case Op::all:
      return all_hold(index, value);
    case Op::any:
      return any_holds(index, value);
    case Op::size:
      switch (value.kind()) {
        case Kind::string:
          return all_hold(index, Value::number(item_count(value.as_string())));
        case Kind::array:
        case Kind::object:
          return all_hold(index, Value::number(value.size()));
        default:
          return false;
      }
    case Op::element_count:
      return value.kind() == Kind::array && all_hold(index, Value::number(value.size()));
    case Op::some_element:
      return some_element_holds(index, value);
    case Op::each_by_some:
      return each_by_some(index, value);

    case Op::one_of:
    case Op::one_of_folded:
      return one_of(node, value);
    case Op::matches:
      return matches(conditions_.regex(node.operand), value);
    case Op::exists:
      return !value.is_absent();

    case Op::yes:
      return is_yes(value);
    case Op::compare:
      return compares(value, node.relation, literal());
    case Op::has:
      return has(conditions_.set(node.operand), value);
    case Op::top:
      return is_top(conditions_.ranking(node.operand), value);
    case Op::within:
    case Op::older_than:
      return near(node, value);
    case Op::within_last:
    case Op::within_next:
      return is_lately(node, value);
    case Op::anniversary_within:
      return has_anniversary(node, value);
    case Op::relates:
      return relates_to_other(index, node, value);

    case Op::js_text:
      return Text(value, memory_).view() == literal().value.as_string();
    case Op::js_text_folded:
      return Lowered(Text(value, memory_).view(), memory_).view() == literal().value.as_string();
    case Op::js_number:
      return relates(ecmascript::to_numeric(value, memory_), Relation::equal, literal().number);
    case Op::js_boolean:
      return !value.is_absent() && ecmascript::to_boolean(value) == literal().value.as_boolean();
    case Op::js_compare:
      return ecmascript::compare(value, node.relation, literal().value, memory_);
    case Op::js_same:
      return ecmascript::same_json(value, literal().value);
    case Op::js_matches:
      return conditions_.regex(node.operand).matches(Text(value, memory_).view(), regex_budget_);
    case Op::js_type:
      return is_type(value, literal());
    case Op::js_version:
      return version_relates(value, node.relation, literal().value.as_string());
  }
  return false;
}

bool Evaluator::all_hold(std::uint32_t index, const Value& value) noexcept {
  const auto& nodes = conditions_.nodes();
  const std::uint32_t end = nodes[index].end;
  for (std::uint32_t child = index + 1; child < end; child = nodes[child].end) {
    if (!node_holds(child, value)) {
      return false;
    }
  }
  return true;
}

bool Evaluator::any_holds(std::uint32_t index, const Value& value) noexcept {
  const auto& nodes = conditions_.nodes();
  const std::uint32_t end = nodes[index].end;
  for (std::uint32_t child = index + 1; child < end; child = nodes[child].end) {
    if (node_holds(child, value)) {
      return true;
    }
  }
  return false;
}

bool Evaluator::some_element_holds(std::uint32_t index, const Value& array) noexcept {
  if (array.kind() != Kind::array) {
    return false;
  }
  for (std::uint32_t i = 0; i < array.size(); ++i) {
    const Value element = array.at(i);
    if (!element.is_absent() && all_hold(index, element)) {
      return true;
    }
  }
  return false;
}

bool Evaluator::each_by_some(std::uint32_t index, const Value& array) noexcept {
  if (array.kind() != Kind::array) {
    return false;
  }
  const auto& nodes = conditions_.nodes();
  const std::uint32_t end = nodes[index].end;
  for (std::uint32_t child = index + 1; child < end; child = nodes[child].end) {
    bool held = false;
    for (std::uint32_t i = 0; i < array.size() && !held; ++i) {
      held = node_holds(child, array.at(i));
    }
    if (!held) {
      return false;
    }
  }
  return true;
}

bool Evaluator::one_of(const Node& node, const Value& value) noexcept {
  const Set& set = conditions_.set(node.operand);
  const bool folded = node.op == Op::one_of_folded;
  if (value.kind() != Kind::array || !node.in_arrays) {
    return contains(set, value, folded);
  }
  for (std::uint32_t i = 0; i < value.size(); ++i) {
    if (contains(set, value.at(i), folded)) {
      return true;
    }
  }
  return false;
}

bool Evaluator::contains(const Set& set, const Value& value, bool folded) noexcept {
  switch (value.kind()) {
    case Kind::string:
      if (folded) {
        const Lowered lowered(value.as_string(), memory_);
        return has_text(set.texts, lowered.view());
      }
      return has_text(set.texts, value.as_string());
    case Kind::number:
      return has_number(set, value);
    case Kind::boolean:
      return value.as_boolean() ? set.has_true : set.has_false;
    case Kind::missing:
    case Kind::null:
      return set.has_null;
    default:
      return false;
  }
}

// Returns whether an array has such an element, an object such a key, or a string such an item.
bool Evaluator::has(const Set& set, const Value& value) noexcept {
  switch (value.kind()) {
    case Kind::array:
      for (std::uint32_t i = 0; i < value.size(); ++i) {
        if (contains(set, value.at(i), false)) {
          return true;
        }
      }
      return false;
    case Kind::object:
      return !value.find(set.texts.front()).is_absent();
    case Kind::string:
      for (auto rest = value.as_string(); !rest.empty();) {
        if (take_item(rest) == set.texts.front()) {
          return true;
        }
      }
      return false;
    default:
      return false;
  }
}

// Returns whether one of the names is among the highest scores of an object name → score, or among
// the first elements of an array, which has the best first. Equal scores rank equally: with {"a":
// 3, "b": 3, "c": 1} both a and b are among the top 1, and c is among the top 3.
bool Evaluator::is_top(const Ranking& ranking, const Value& scores) noexcept {
  const auto is_named = [&](const Value& element) {
    return element.kind() == Kind::string && std::find(ranking.names.begin(), ranking.names.end(),
                                                       element.as_string()) != ranking.names.end();
  };
  if (scores.kind() == Kind::array) {
    for (std::uint32_t i = 0; i < scores.size() && i < ranking.count; ++i) {
      if (is_named(scores.at(i))) {
        return true;
      }
    }
    return false;
  }
  if (scores.kind() != Kind::object) {
    return false;
  }

  double best = 0;
  for (const auto name : ranking.names) {
    best = std::max(best, score_of(scores.find(name)));
  }
  if (best == 0) {
    return false;
  }
  std::uint32_t higher = 0;
  for (std::uint32_t i = 0; i < scores.size() && higher < ranking.count; ++i) {
    higher += score_of(scores.at(i)) > best ? 1 : 0;
  }
  return higher < ranking.count;
}

bool Evaluator::matches(const Regex& regex, const Value& value) noexcept {
  switch (value.kind()) {
    case Kind::array:
      for (std::uint32_t i = 0; i < value.size(); ++i) {
        const Value element = value.at(i);
        if (element.kind() != Kind::array && matches(regex, element)) {
          return true;
        }
      }
      return false;
    case Kind::string:
    case Kind::number:
    case Kind::boolean:
      return regex.matches(Text(value, memory_).view(), regex_budget_);
    default:
      return false;
  }
}

// Returns whether the value relates to that of the node's child. Of a list an element has to be
// equal: `session.viewed = ${page.item_id}`, `item.brand in ${profile.brands}`.
bool Evaluator::relates_to_other(std::uint32_t index, const Node& node,
                                 const Value& value) noexcept {
  const Value other = subject_of(conditions_.nodes()[index + 1], Value());
  if (value.is_absent() || other.is_absent()) {
    return false;
  }
  const bool are_texts = value.kind() == Kind::string && other.kind() == Kind::string;
  if (are_texts && node.relation == Relation::equal) {
    return value.as_string() == other.as_string();
  }
  if (is_plain_number(value) && is_plain_number(other)) {
    return relates(value.as_number(), node.relation, other.as_number());
  }
  if (node.relation != Relation::equal) {
    return compares(value, node.relation, literal_of(other));
  }
  // Two lists of a document's size would keep the worker for a minute.
  constexpr std::uint32_t comparisons_of_step = 8;
  const bool is_costly = other.kind() == Kind::array;
  return any_element(value, [&](const Value& mine) {
    if (is_costly && !regex_budget_.spend(1 + other.size() / comparisons_of_step)) {
      return false;
    }
    return any_element(other, [&](const Value& theirs) { return is_equal(mine, theirs); });
  });
}

// Returns whether `within` or `older_than` holds. `within` looks both ways, so that a clock that is
// slightly ahead does no harm and `profile.renewal within 7d` includes the coming week.
bool Evaluator::near(const Node& node, const Value& value) noexcept {
  const auto then = read_instant(value);
  const auto now = read_instant(facts_.get(conditions_.now()));
  if (!then || !now) {
    return false;
  }
  const double seconds = conditions_.literal(node.operand).number.as_number();
  return node.op == Op::within ? std::fabs(*now - *then) <= seconds : *now - *then > seconds;
}

// Returns whether `within_last` or `within_next` holds. A date without a time is that whole day, so
// that what is due today is within the next days until midnight.
bool Evaluator::is_lately(const Node& node, const Value& value) noexcept {
  constexpr double slack_s = 60;  // the clocks of those who write dates are not quite ours
  const auto now = read_instant(facts_.get(conditions_.now()));
  const auto span = read_span(value, offset_s());
  if (!span || !now) {
    return false;
  }
  const double seconds = conditions_.literal(node.operand).number.as_number();
  return node.op == Op::within_last ? span->begin <= *now + slack_s && span->end >= *now - seconds
                                    : span->end >= *now && span->begin <= *now + seconds;
}

bool Evaluator::has_anniversary(const Node& node, const Value& value) noexcept {
  constexpr double seconds_per_day = 86400;
  const auto now = read_instant(facts_.get(conditions_.now()));
  const auto days = now ? days_to_anniversary(value, *now + offset_s()) : std::nullopt;
  return days && *days * seconds_per_day <= conditions_.literal(node.operand).number.as_number();
}

// Returns how far the visitor's clock is ahead of UTC; 0 if that is not known.
double Evaluator::offset_s() noexcept {
  const Value offset = facts_.get(conditions_.offset());
  return offset.kind() == Kind::number ? offset.as_number() : 0;
}

}  // namespace personalize::decision
