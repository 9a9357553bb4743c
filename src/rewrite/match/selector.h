// Parses selectors: the part of CSS Selectors Level 4 that can be answered while the page streams
// by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/config_error.h"

namespace personalize::rewrite {

enum class AttributeTest : std::uint8_t {
  present,    // [name]
  equals,     // [name=value]
  word,       // [name~=value]
  language,   // [name|=value]
  prefix,     // [name^=value]
  suffix,     // [name$=value]
  substring,  // [name*=value]
};

struct CompoundSelector;
// Compounds from left to right; the last one describes the subject.
using ComplexSelector = std::vector<CompoundSelector>;

// One condition on one element.
struct SimpleSelector {
  enum class Kind : std::uint8_t {
    universal,
    type,
    id,
    class_name,
    attribute,
    nth_child,    // also :first-child
    nth_of_type,  // also :first-of-type
    any,          // :is(), :where()
  };

  Kind kind = Kind::universal;
  std::string name;   // of type and attribute: lower-case; of id and class: as written
  std::string value;  // of an attribute
  AttributeTest test = AttributeTest::present;
  bool ignore_case = false;        // of the attribute's value
  bool html_ignores_case = false;  // the HTML standard makes this attribute's value so
  int step = 0;                    // nth_…: step * n + offset
  int offset = 0;
  // any: of which the element matches one. nth_child: which siblings are counted; all if it is
  // empty.
  std::vector<ComplexSelector> list;
};

// Conditions on one element, and its relation to the compound on the left.
struct CompoundSelector {
  enum class Combinator : std::uint8_t {
    none,
    descendant,  // a b
    child,       // a > b
    next,        // a + b
    later,       // a ~ b
  };

  std::vector<SimpleSelector> all;
  std::vector<SimpleSelector> none;  // from :not()
  Combinator combinator = Combinator::none;
};

// Parses a list such as "a > b, .c". Throws ConfigError, with the reason, for what is malformed,
// for what a stream cannot know (:last-child, :has() …), and for namespaces, pseudo-elements and
// pseudo-classes that depend on what a visitor does.
std::vector<ComplexSelector> parse_selector(std::string_view text, const Where& where);

// Returns whether `index`, from 1, is step * n + offset for some n >= 0.
bool matches_nth(const SimpleSelector& nth, std::uint32_t index);

// Returns whether an attribute's value passes. `html`: the element is in the HTML namespace.
bool matches_value(const SimpleSelector& attribute, std::string_view value, bool html);

}  // namespace personalize::rewrite
