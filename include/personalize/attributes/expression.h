// An attribute with filters, as keys and values have it between `${` and `}`:
// `profile.gender | default all`.
#pragma once

#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/attributes/attribute.h"

namespace personalize {

// Compiled when the configuration is read, then only read. Its filters are the plain ones, whose
// result depends on no language (src/base/expressions/plain_filter.h).
class Expression {
 public:
  Expression() = default;
  // The value of the attribute as it is.
  explicit Expression(AttributeId attribute) : attribute_(attribute), attributes_{attribute} {}
  // Reads what stands between the braces. Throws ConfigError for an unknown attribute or filter.
  Expression(std::string_view text, AttributeTable& attributes, const Where& where);

  // Returns the value. A text that filters make is in `memory`. Throws what that throws.
  Value value(Facts& facts, std::pmr::memory_resource* memory) const;

  // Returns the attribute, without its filters.
  AttributeId attribute() const noexcept { return attribute_; }
  // Returns all attributes that it depends on.
  const std::vector<AttributeId>& attributes() const noexcept { return attributes_; }

 private:
  struct Step;

  AttributeId attribute_ = 0;
  std::vector<AttributeId> attributes_;
  std::shared_ptr<const std::vector<Step>> steps_;  // nullptr: no filter
};

// Returns the length of what stands before the `}` that ends an expression; npos if there is none.
// Quotes may hold others: `profile.name | default '}'`.
std::size_t find_end_of_expression(std::string_view text) noexcept;

}  // namespace personalize
