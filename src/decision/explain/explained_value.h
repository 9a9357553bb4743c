// Values of attributes as an explanation tells them: cut where they are long.
#pragma once

#include <json/value.h>

#include "personalize/base/value.h"

namespace personalize::decision {

class ExplainedValues {
 public:
  static constexpr std::size_t longest_text = 512;    // bytes
  static constexpr std::uint32_t most_elements = 32;  // of an array or object
  static constexpr unsigned deepest = 6;

  // Null also for a missing value, and for all once many thousands were written.
  Json::Value write(const Value& value) { return write(value, 0); }

 private:
  Json::Value write(const Value& value, unsigned depth);

  unsigned left_ = 20000;
};

// The text, with "…" where it was cut.
Json::Value explained_text(std::string_view text);

}  // namespace personalize::decision
