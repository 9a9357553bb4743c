// Selectors, parsed (CSS Selectors Level 4, the part that a stream can answer).
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

// One condition on one element.
struct SimpleSelector {
  enum class Kind : std::uint8_t { universal, type, id, class_name, attribute, nth_child };

  Kind kind = Kind::universal;
  std::string name;   // of type and attribute: lower-case; of id and class: as written
  std::string value;  // of an attribute
  AttributeTest test = AttributeTest::present;
  bool ignore_case = false;        // of the attribute's value
  bool html_ignores_case = false;  // the HTML standard makes this attribute's value so
  int step = 0;                    // nth_child: step * n + offset
  int offset = 0;
};

// Conditions on one element, and how it stands to the compound on its left.
struct CompoundSelector {
  enum class Combinator : std::uint8_t { none, descendant, child };

  std::vector<SimpleSelector> all;
  std::vector<SimpleSelector> none;  // from :not()
  Combinator combinator = Combinator::none;
};

// Compounds from left to right; the last is the element that is meant.
using ComplexSelector = std::vector<CompoundSelector>;

// Parses a list "a > b, .c". Throws ConfigError for what is malformed and for what is not
// supported: sibling combinators, namespaces, pseudo-elements, and pseudo-classes other than
// :not(), :first-child and :nth-child().
std::vector<ComplexSelector> parse_selector(std::string_view text, const Where& where);

// Whether the index-th child (from 1) is one of step * n + offset for an n >= 0.
bool matches_nth(const SimpleSelector& nth, std::uint32_t index);

// Whether an attribute's value passes. `html` says that its element is in the HTML namespace.
bool matches_value(const SimpleSelector& attribute, std::string_view value, bool html);

}  // namespace personalize::rewrite
