// The compiled form of conditions: one array of nodes in which a node is followed by its children,
// and the tables that the nodes point into.
//
// Both notations compile to it: `when` lines (notations/when_compiler.h) and GrowthBook's JSON
// (notations/json_compiler.h). They share groups, sets and regular expressions; where they mean
// different things (what is equal, what is missing) each has operations of its own.
//
//   any {                              0  any                                      end 4
//       when geo.country in PL RO;     1  one_of   attribute geo.country  set 0    end 2
//       all {                          2  all                                      end 4
//           when segment.regular;      3  yes      segment 0                       end 4
//       }
//   }
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "decision/regex/regex.h"
#include "personalize/attributes/attribute.h"
#include "personalize/base/relation.h"
#include "personalize/base/value.h"

namespace personalize::decision {

enum class Op : std::uint8_t {
  // Groups of children.
  all,
  any,
  // Groups whose children look at something made of the subject.
  size,           // all hold for the number of its items
  element_count,  // all hold for the length of an array; fails for anything else
  some_element,   // all hold for one of an array's elements that is not null
  each_by_some,   // each child holds for one of an array's elements

  // Operations of both notations.
  one_of,         // operand: a set
  one_of_folded,  // after toLowerCase; operand: a set
  matches,        // the string of a scalar, or of any element of an array; operand: a regex
  exists,

  // Operations of `when`.
  yes,
  compare,  // operand: a literal
  has,      // operand: a set of one
  top,      // operand: a ranking
  // Dates. operand: seconds
  within,
  older_than,
  within_last,
  within_next,
  anniversary_within,
  relates,  // to what its child looks at

  // GrowthBook's, in terms of JavaScript. operand: a literal, unless said otherwise
  js_text,         // value + "" === literal
  js_text_folded,  // String(value).toLowerCase() === literal
  js_number,       // value * 1 === literal
  js_boolean,      // value !== null && !!value === literal
  js_compare,
  js_same,     // is the same JSON
  js_matches,  // regex.test(value); operand: a regex
  js_type,     // typeof; the literal is a Kind as a number
  js_version,
};

// The value that a node is about.
enum class Subject : std::uint8_t {
  current,     // what its parent looks at
  member,      // something inside that
  attribute,   // of the request
  segment,     // true or false
  experiment,  // the variant's name, or missing
  feature,     // a value, or what is inside it
  value,       // of a personalize_value
  nothing,     // always missing
};

struct Node {
  Op op = Op::all;
  Subject subject = Subject::current;
  Relation relation = Relation::equal;
  bool negated = false;
  bool in_arrays = false;     // one_of: holds for an array if it holds for an element
  std::uint32_t from = 0;     // which attribute, segment, experiment, feature_path, value or path
  std::uint32_t operand = 0;  // index in the table that `op` uses
  std::uint32_t end = 0;      // index after the last descendant
  std::uint32_t shared = 0;   // of one that stands in several places: its number, from 1
};

// Scalars to look for a value in: sorted, so that a list of ten thousand ids takes fourteen steps.
struct Set {
  std::vector<std::string_view> texts;
  std::vector<double> numbers;
  std::vector<Value> exact_numbers;  // that a double cannot hold
  bool has_true = false;
  bool has_false = false;
  bool has_null = false;

  // Adds a number, whose text lives as long as the set.
  void add(const Value& number);
};

struct Literal {
  Value value;
  Value number;  // the value as a number; NaN if it is not one
};

// Names. One of them must be among the first `count` by score.
struct Ranking {
  std::vector<std::string_view> names;
  std::uint32_t count = 1;
};

// A place inside a feature's value.
struct FeaturePath {
  std::uint32_t feature = 0;
  std::vector<std::string> path;
};

// Filled when the configuration is read, then only read.
class Conditions {
 public:
  // Adds a node without children.
  void leaf(Node node);
  // Adds a node whose children are the nodes added before close(), which takes the returned index.
  std::uint32_t open(Node node);
  void close(std::uint32_t index);
  // Adds a leaf that always or never holds.
  void constant(bool holds);
  // Says how the condition at `index` is written, without `when` or `unless`: conditions that are
  // written the same are the same, and are evaluated once for a request. Not for one whose outcome
  // may change within it, or that has an effect.
  void share(std::uint32_t index, std::string text);
  // Returns how many conditions stand in several places.
  std::uint32_t shared_count() const { return shared_count_; }
  // Returns the index that the next node gets.
  std::uint32_t next() const { return static_cast<std::uint32_t>(nodes_.size()); }

  // Each returns the index by which a node refers to it.
  std::uint32_t add(Set set);
  std::uint32_t add(Literal literal);
  std::uint32_t add(Regex regex);
  std::uint32_t add(Ranking ranking);
  std::uint32_t add(FeaturePath path);
  std::uint32_t add_path(std::vector<std::string> path);

  // Returns a copy of the text that lives as long as this.
  std::string_view keep(std::string_view text);

  // Set the attributes time.now and time.offset, once a condition compares with them.
  void set_now(AttributeId id) { now_ = id; }
  void set_offset(AttributeId id) { offset_ = id; }

  // Notes that something seems wrong, though it is accepted: once, however many campaigns of a
  // group have the line.
  void warn(const Where& where, std::string message);
  const std::vector<std::pair<Where, std::string>>& warnings() const { return warnings_; }

  const std::vector<Node>& nodes() const { return nodes_; }
  const Set& set(std::uint32_t i) const { return sets_[i]; }
  const Literal& literal(std::uint32_t i) const { return literals_[i]; }
  const Regex& regex(std::uint32_t i) const { return regexes_[i]; }
  const Ranking& ranking(std::uint32_t i) const { return rankings_[i]; }
  const FeaturePath& feature_path(std::uint32_t i) const { return feature_paths_[i]; }
  const std::vector<std::string>& path(std::uint32_t i) const { return paths_[i]; }
  AttributeId now() const { return now_; }
  AttributeId offset() const { return offset_; }

 private:
  std::vector<Node> nodes_;
  std::vector<Set> sets_;
  std::vector<Literal> literals_;
  std::vector<Regex> regexes_;
  std::vector<Ranking> rankings_;
  std::vector<FeaturePath> feature_paths_;
  std::vector<std::vector<std::string>> paths_;
  std::deque<std::string> texts_;                           // never moved: views point into it
  std::unordered_map<std::string, std::uint32_t> written_;  // the first node that is written so
  std::uint32_t shared_count_ = 0;
  std::vector<std::pair<Where, std::string>> warnings_;
  AttributeId now_ = 0;
  AttributeId offset_ = 0;
};

// The attributes and features that a condition depends on, found while it is compiled.
struct Dependencies {
  SourceSet sources;
  std::vector<std::uint32_t> segments;
  std::vector<std::uint32_t> experiments;
  std::vector<std::uint32_t> features;
  std::vector<std::uint32_t> values;
  // Features that GrowthBook's features name as prerequisites. These may form cycles, which are
  // found at evaluation.
  std::vector<std::uint32_t> parents;

  // Adds what the attribute's value depends on.
  void add(const Attribute& attribute);
  void add(const Dependencies& other);
};

// Makes `node` look at an attribute, and adds what that depends on.
void look_at(Node& node, AttributeId id, const AttributeTable& attributes, Conditions& conditions,
             Dependencies& dependencies);

// How deep blocks and JSON may nest, since evaluation recurses.
constexpr unsigned max_nesting = 64;

}  // namespace personalize::decision
