// The compiled form of conditions: one array of nodes, in which the children of a node stand right
// behind it, and the tables that the nodes point into.
//
// Both ways of writing a condition compile to it: `when` lines (when_compiler.h) and GrowthBook's
// JSON (json_compiler.h). They share groups, sets and regular expressions; where their meanings
// differ (what equals what, what is missing) each has its own operations.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/ecmascript.h"
#include "decision/regex/regex.h"
#include "personalize/attributes/attribute.h"
#include "personalize/base/value.h"

namespace personalize::decision {

enum class Op : std::uint8_t {
  // Groups of children.
  all,
  any,
  // Children that look at something made of the subject.
  size,           // all hold for the number of its items
  element_count,  // all hold for the length of an array; anything else fails
  some_element,   // all hold for one of an array's elements that are not null
  each_by_some,   // every child holds for one of an array's elements

  // Of both notations. operand: a set, a set, a regex, nothing.
  one_of,
  one_of_folded,  // after toLowerCase
  matches,        // its text; only scalars have one, of an array any element
  exists,

  // `when`. operand: nothing, a literal, a set of one, a ranking, seconds, seconds.
  truthy,
  compare,
  has,
  top,
  within,
  older_than,

  // GrowthBook. operand: a literal, but for js_matches a regex.
  js_text,         // value + "" === literal
  js_text_folded,  // String(value).toLowerCase() === literal
  js_number,       // value * 1 === literal
  js_boolean,      // value !== null && !!value === literal
  js_compare,
  js_same,     // the same JSON
  js_matches,  // regex.test(value)
  js_type,     // the literal is a Kind, as a number
  js_version,
};

// What a node looks at.
enum class Subject : std::uint8_t {
  current,     // what its parent looks at
  member,      // inside that
  attribute,   // of the request
  segment,     // true or false
  experiment,  // the variant's name, or missing
  feature,     // a value, or what is inside it
  nothing,     // always missing
};

struct Node {
  Op op = Op::all;
  Subject subject = Subject::current;
  Relation relation = Relation::equal;
  bool negated = false;
  bool in_arrays = false;     // one_of: an array holds where one of its elements does
  std::uint32_t from = 0;     // which attribute, segment, experiment, feature_path or path
  std::uint32_t operand = 0;  // index in the table that op names
  std::uint32_t end = 0;      // index behind the last descendant
};

// Scalars to be found in: sorted, so that a list of ten thousand ids costs fourteen steps.
struct Set {
  std::vector<std::string_view> texts;
  std::vector<double> numbers;
  bool has_true = false;
  bool has_false = false;
  bool has_null = false;
};

struct Literal {
  Value value;
  double number = 0;  // the value as a number, NaN if it reads as none
};

// Names of which one is among the first `count` by score.
struct Ranking {
  std::vector<std::string_view> names;
  std::uint32_t count = 1;
};

// Something inside a feature's value.
struct FeaturePath {
  std::uint32_t feature = 0;
  std::vector<std::string> path;
};

// Filled at configuration time, then only read.
class Conditions {
 public:
  // A node without children.
  void leaf(Node node);
  // A node whose children are what is added until close(); the result is what close() takes.
  std::uint32_t open(Node node);
  void close(std::uint32_t index);
  // A leaf that always or never holds.
  void constant(bool holds);

  // Each returns the index by which a node names it.
  std::uint32_t add(Set set);
  std::uint32_t add(Literal literal);
  std::uint32_t add(Regex regex);
  std::uint32_t add(Ranking ranking);
  std::uint32_t add(FeaturePath path);
  std::uint32_t add_path(std::vector<std::string> path);

  // Keeps a copy of the text.
  std::string_view keep(std::string_view text);

  // The attribute time.now; known once a condition compares with it.
  void set_now(AttributeId id) { now_ = id; }

  const std::vector<Node>& nodes() const { return nodes_; }
  const Set& set(std::uint32_t i) const { return sets_[i]; }
  const Literal& literal(std::uint32_t i) const { return literals_[i]; }
  const Regex& regex(std::uint32_t i) const { return regexes_[i]; }
  const Ranking& ranking(std::uint32_t i) const { return rankings_[i]; }
  const FeaturePath& feature_path(std::uint32_t i) const { return feature_paths_[i]; }
  const std::vector<std::string>& path(std::uint32_t i) const { return paths_[i]; }
  AttributeId now() const { return now_; }

 private:
  std::vector<Node> nodes_;
  std::vector<Set> sets_;
  std::vector<Literal> literals_;
  std::vector<Regex> regexes_;
  std::vector<Ranking> rankings_;
  std::vector<FeaturePath> feature_paths_;
  std::vector<std::vector<std::string>> paths_;
  std::deque<std::string> texts_;  // never moved: views point into it
  AttributeId now_ = 0;
};

// What a condition looks at, found while it is compiled.
struct Dependencies {
  SourceSet sources;
  std::vector<std::uint32_t> segments;
  std::vector<std::uint32_t> experiments;
  std::vector<std::uint32_t> features;
  // Features that GrowthBook's features name as prerequisites: these may go round in circles, which
  // evaluation finds.
  std::vector<std::uint32_t> parents;

  // Notes what the attribute's value depends on.
  void add(const Attribute& attribute);
  void add(const Dependencies& other);
};

// Makes `node` look at an attribute, and notes what that depends on.
void look_at(Node& node, AttributeId id, const AttributeTable& attributes, Conditions& conditions,
             Dependencies& dependencies);

// How deep blocks and JSON may nest: evaluation follows.
constexpr unsigned max_nesting = 64;

}  // namespace personalize::decision
