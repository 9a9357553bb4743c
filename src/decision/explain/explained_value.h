// Values of attributes in an explanation: long ones are cut.
#pragma once

#include <json/value.h>

#include "personalize/base/value.h"

namespace personalize::decision {

class ExplainedValues {
 public:
  static constexpr std::size_t longest_text = 512;    // bytes
  static constexpr std::uint32_t most_elements = 32;  // of an array or object
  static constexpr unsigned deepest = 6;

  // Returns null for a missing value, and for every value once many thousands were written.
  Json::Value write(const Value& value) { return write(value, 0); }

 private:
  Json::Value write(const Value& value, unsigned depth);

  unsigned left_ = 20000;
};

// Returns the string, with "…" if it was cut.
Json::Value explained_text(std::string_view text);

}  // namespace personalize::decision
