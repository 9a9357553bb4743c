// Regular expressions with ECMAScript's syntax and meaning, matched by PCRE2.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "personalize/decision/regex_budget.h"

struct pcre2_real_code_8;

namespace personalize::decision {

// Tells what is wrong with a pattern, and at which byte.
class RegexError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A compiled expression. Immutable; several threads may match it.
//
// It differs from a browser's in two things: a character outside the Basic Multilingual Plane
// counts as one, as with the flag `u`, not as two, and half of one (\ud83d) is an error; and a
// lookbehind must have a fixed length.
class Regex {
 public:
  // Throws RegexError.
  Regex(std::string_view pattern, bool ignore_case);

  // Returns whether it matches anywhere in `text`. Bytes that are not UTF-8 match nothing. False
  // also if the budget does not suffice for the search.
  bool matches(std::string_view text, RegexBudget& budget) const noexcept;

 private:
  struct Free {
    void operator()(pcre2_real_code_8* code) const noexcept;
  };
  std::unique_ptr<pcre2_real_code_8, Free> code_;
};

// Translates a pattern to PCRE2's syntax. Behind every part that can match in more than one way
// stands a callout, `(?C)`: PCRE2 cannot say how many steps a search took, but calls back there,
// and a search can only be long by passing such a place again and again. Throws RegexError for what
// ECMAScript does not know: possessive quantifiers, inline flags, recursion, verbs.
std::string to_pcre2(std::string_view pattern);

}  // namespace personalize::decision
