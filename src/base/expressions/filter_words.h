// Filters as they are written behind a name: `| default 'all' | round 2`.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace personalize {

// What is wrong with the text of a filter, and how it is written.
class FilterError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct FilterArgument {
  std::string_view key;  // of key="text"
  std::string_view text;
  bool is_quoted = false;
};

// One filter, in views into the text that it was read from. Liquid's `plus: 4` is read as well.
struct FilterWords {
  std::string_view name;
  std::vector<FilterArgument> arguments;
};

// Splits what follows the name of a value. Quotes, single or double, keep blanks and '|' together.
// Throws FilterError.
std::vector<FilterWords> split_filters(std::string_view text);

// Returns the length of what precedes the first `end` outside of quotes; npos if there is none.
std::size_t find_outside_quotes(std::string_view text, char end);

}  // namespace personalize
