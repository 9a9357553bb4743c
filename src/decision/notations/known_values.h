// What the configuration alone says about the values that an attribute can have.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"

namespace personalize::decision {

// Tells literals that an attribute can never be equal to: such a condition is a mistake.
class KnownValues {
 public:
  // The variants of an experiment's `attributes` must outlive it.
  KnownValues(const Attribute& attribute, const AttributeTable& attributes);

  bool are_lists() const { return type_ == ValueType::list; }
  bool are_booleans() const { return type_ == ValueType::boolean; }

  // Return the end of a message that begins with the attribute's name and says why it can never be
  // equal to the literal, or cannot be ordered relative to it; nothing if it can.
  std::optional<std::string> why_not_equal(std::string_view literal) const;
  std::optional<std::string> why_not_comparable(std::string_view literal) const;

 private:
  std::string spelling_;
  ValueType type_;
  const std::vector<std::string>* variants_ = nullptr;  // of an experiment
  bool is_page_type_ = false;
};

// Reads what `when` takes for a boolean: true, 1, false, 0.
std::optional<bool> read_boolean(std::string_view text);

}  // namespace personalize::decision
