// What mutations make of an attribute's value.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/decision/visual.h"

namespace personalize {

// As dom-mutator does it, one mutation after the other. Throws what its memory throws.
class AttributeEdit {
 public:
  // `value`: that of the page; nothing where the element does not have the attribute.
  AttributeEdit(std::optional<std::string_view> value, std::pmr::memory_resource* memory);

  void apply(const DomMutation& mutation);

  // Returns the value; nothing where the element is not to have the attribute.
  std::optional<std::pmr::string> value() const;

  // Returns whether the mutation makes the same of any value.
  static bool ignores_value(const DomMutation& mutation);

 private:
  void split();
  std::pmr::string joined() const;
  void apply_to_class(const DomMutation& mutation);
  void apply_to_class_name(const DomMutation& mutation);

  std::pmr::memory_resource* memory_;
  std::optional<std::pmr::string> value_;
  // Of `class`: what is changed is the list, of which a word can have blanks.
  std::pmr::vector<std::pmr::string> classes_;
  bool is_list_ = false;
};

}  // namespace personalize
