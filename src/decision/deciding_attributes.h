// By which attributes of the request segments, experiments, features and values are decided.
#pragma once

#include <set>
#include <vector>

#include "decision/compiled_program.h"
#include "personalize/attributes/attribute.h"

namespace personalize::decision {

// Collects them through whatever names whatever: conditions, prerequisites, what is hashed.
class DecidingAttributes {
 public:
  explicit DecidingAttributes(const CompiledProgram& program) : program_(program) {}

  // Adds those of a segment, an experiment, a feature or a value; the attribute itself if it is
  // none.
  void add(AttributeId id, const Attribute& attribute);

  const std::set<AttributeId>& attributes() const { return attributes_; }
  // Returns whether a cookie or the page's address can say which variant an experiment among them
  // gives.
  bool is_forcible() const { return is_forcible_; }

 private:
  void add_segment(std::uint32_t segment);
  void add_named(std::uint32_t experiment);
  void add_feature(std::uint32_t feature);
  void add_value(std::uint32_t value);
  void add_experiment(std::uint32_t index);
  void add_condition(std::uint32_t root);
  void add_condition(const std::optional<std::uint32_t>& root);
  void add_parents(const std::vector<Parent>& parents);
  void add_filters(const std::vector<Filter>& filters);
  void add_hashed(const HashAttribute& attribute);
  void add_hashed(const std::optional<HashAttribute>& attribute);

  const CompiledProgram& program_;
  std::set<AttributeId> attributes_;
  bool is_forcible_ = false;
  // Seen already, by kind: features may name each other in cycles.
  std::set<std::uint32_t> segments_, named_, features_, values_;
};

}  // namespace personalize::decision
