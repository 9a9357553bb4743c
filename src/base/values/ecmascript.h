// JavaScript's conversions and comparisons (ECMA-262 section 7: ToString, ToNumber, ToBoolean,
// IsLessThan), for conditions that must give the answer that GrowthBook's SDK gives in a browser. A
// missing value counts as null. Numbers that a double cannot hold are compared, and become text, to
// the last digit (exact_number.h), although a browser would round them.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>

#include "base/numbers/number.h"
#include "personalize/base/relation.h"
#include "personalize/base/value.h"

namespace personalize::ecmascript {

// String(value). Lives as long as this object and the value. Scalars need no memory. An array is
// joined in memory of `memory`, up to 64 KB and 32 levels deep, since bytes from shared memory may
// be damaged; "" if allocation fails.
class Text {
 public:
  Text(const Value& value, std::pmr::memory_resource* memory) noexcept;
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  std::string_view view() const noexcept { return view_; }

 private:
  std::string_view view_;
  NumberBuffer number_;
  std::pmr::string joined_;
};

// text.toLowerCase(): Unicode's full case mappings, without a locale. Up to 256 bytes need no
// memory; "" if allocation fails.
class Lowered {
 public:
  Lowered(std::string_view text, std::pmr::memory_resource* memory) noexcept;
  Lowered(const Lowered&) = delete;
  Lowered& operator=(const Lowered&) = delete;

  std::string_view view() const noexcept { return view_; }

 private:
  std::string_view view_;
  char small_[256];
  std::pmr::string large_;
};

// Returns Number(text): NaN for text that is not a number, 0 for white space alone.
double to_number(std::string_view text) noexcept;
double to_number(const Value& value, std::pmr::memory_resource* memory) noexcept;
// Returns the same as a number Value, which keeps its text if a double cannot hold it.
Value to_numeric(const Value& value, std::pmr::memory_resource* memory) noexcept;

// Returns Boolean(value): null, false, 0, NaN and "" are false; "0", [] and {} are true.
bool to_boolean(const Value& value) noexcept;

// Compares two UTF-8 strings by their UTF-16 code units, as `<` does with strings. Returns a
// negative number, zero or a positive number.
int compare_code_units(std::string_view a, std::string_view b) noexcept;

// Returns whether `a < b` (or `<=`, `>`, `>=`) holds between values of any kind. Not for
// Relation::equal.
bool compare(const Value& a, Relation relation, const Value& b,
             std::pmr::memory_resource* memory) noexcept;

// Returns whether JSON.stringify(a) === JSON.stringify(b), except that the order of an object's
// keys does not count: a document does not keep it. Recurses no deeper than `b` is nested.
bool same_json(const Value& a, const Value& b) noexcept;

}  // namespace personalize::ecmascript
