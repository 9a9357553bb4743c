// JavaScript's conversions and comparisons (ECMA-262: ToString, ToNumber, ToBoolean, IsLessThan),
// for conditions that must give the answer that a browser SDK gives. A missing value is null.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/base/value.h"

namespace personalize::decision {

// Number::toString. The result lives in the buffer.
using NumberBuffer = char[40];
std::string_view number_text(double number, NumberBuffer& buffer) noexcept;

// String(value). Scalars need no memory; an array is joined in memory of `memory`, up to 64 KB and
// 32 levels deep, since bytes from shared memory may be damaged. Lives as long as this object and
// the value.
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

// text.toLowerCase(): the full mappings of Unicode, no locale. Up to 256 bytes need no memory.
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

// Number(text); NaN where it is none.
double to_number(std::string_view text) noexcept;
double to_number(const Value& value, std::pmr::memory_resource* memory) noexcept;

// Boolean(value).
bool to_boolean(const Value& value) noexcept;

// Order of the UTF-16 code units of two UTF-8 strings: negative, zero or positive.
int compare_code_units(std::string_view a, std::string_view b) noexcept;

// Relations of strings and numbers.
enum class Relation : unsigned char { equal, less, less_equal, greater, greater_equal };
bool relates(int order, Relation relation) noexcept;
bool relates(double a, Relation relation, double b) noexcept;

// `a < b` and its kin between values of any kind; not for Relation::equal.
bool js_compare(const Value& a, Relation relation, const Value& b,
                std::pmr::memory_resource* memory) noexcept;

// JSON.stringify(a) === JSON.stringify(b), but for the order of an object's keys, which a document
// does not keep. Looks no deeper than `b` is.
bool same_json(const Value& a, const Value& b) noexcept;

}  // namespace personalize::decision
