// Filters whose result depends on no language: arithmetic, lists, encodings. They have Liquid's
// names and meaning (https://shopify.github.io/liquid/filters/), and can stand wherever an
// attribute can have filters: in templates, keys and values.
//
// What Liquid takes for 0 or leaves as it is, a missing value or a word where a number is needed,
// is missing here, so that nobody is shown a price of 0.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expressions/filter_words.h"
#include "personalize/base/value.h"

namespace personalize {

// A row of the table in plain_filter.cpp, with its arguments.
class PlainFilter {
 public:
  // Returns the filter of that name; nothing if there is none. Throws FilterError if its arguments
  // are wrong.
  static std::optional<PlainFilter> compile(const FilterWords& words);
  // Returns how all of them are written, for messages: "default 'TEXT', plus NUMBER, …".
  static std::string list();

  // Returns the name of the attribute or member that the argument is; "" if it is a constant, or
  // there is none.
  const std::string& argument_name() const { return argument_name_; }

  // Returns the text of a `default` that is written without quotes; "" otherwise. It is a text even
  // where it looks like a name.
  const std::string& bare_text() const { return bare_text_; }

  // Applies it. `argument` is the value of argument_name(), if there is one. A string that is made
  // is put into `scratch`, which must live as long as the result and must not hold `value`. Throws
  // what its memory throws.
  Value apply(const Value& value, const Value& argument, std::pmr::string& scratch) const;

 private:
  struct Row;
  static const Row rows[];

  // A number as Liquid sees it: 7 is whole, 7.0 is not where it is written so.
  struct Number {
    double value = 0;
    bool is_whole = false;
  };
  static std::optional<Number> number_of(const Value& value);
  static std::optional<Number> number_of(std::string_view text);
  std::optional<Number> operand(const Value& argument) const;

  static bool read_nothing(const FilterWords& words, PlainFilter& filter);
  static bool read_text(const FilterWords& words, PlainFilter& filter);
  static bool read_separator(const FilterWords& words, PlainFilter& filter);
  static bool read_operand(const FilterWords& words, PlainFilter& filter);
  static bool read_digits(const FilterWords& words, PlainFilter& filter);
  static bool read_members(const FilterWords& words, PlainFilter& filter);

  Value default_to(const Value& value, const Value& argument, std::pmr::string& scratch) const;
  Value calculate(const Value& value, const Value& argument, std::pmr::string& scratch) const;
  Value round(const Value& value, const Value& argument, std::pmr::string& scratch) const;
  Value join(const Value& value, const Value& argument, std::pmr::string& scratch) const;
  Value first(const Value& value, const Value& argument, std::pmr::string& scratch) const;
  Value last(const Value& value, const Value& argument, std::pmr::string& scratch) const;
  Value size(const Value& value, const Value& argument, std::pmr::string& scratch) const;
  Value sum(const Value& value, const Value& argument, std::pmr::string& scratch) const;
  Value url_encode(const Value& value, const Value& argument, std::pmr::string& scratch) const;
  Value json(const Value& value, const Value& argument, std::pmr::string& scratch) const;

  const Row* row_ = nullptr;
  std::string text_;               // default, join
  std::optional<Number> operand_;  // a constant; of round, how many decimals
  std::string argument_name_;
  std::string bare_text_;
  std::vector<std::string> members_;  // sum: of each element, multiplied
};

// Returns whether there is nothing to show: a missing value, "", a list, an object.
bool is_empty(const Value& value) noexcept;

}  // namespace personalize
