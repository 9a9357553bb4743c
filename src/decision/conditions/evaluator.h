// Evaluates compiled conditions for one request.
#pragma once

#include <cstdint>
#include <memory_resource>

#include "decision/conditions/conditions.h"
#include "personalize/attributes/attribute.h"
#include "personalize/base/value.h"

namespace personalize::decision {

// The decision that conditions are part of, as they ask it.
class Decided {
 public:
  virtual bool segment(std::uint32_t id) noexcept = 0;
  // Returns the name of the visitor's variant; missing if the visitor is not in the experiment.
  virtual Value experiment(std::uint32_t id) noexcept = 0;
  virtual Value feature(std::uint32_t id) noexcept = 0;
  virtual Value value(std::uint32_t id) noexcept = 0;

 protected:
  ~Decided() = default;
};

class Evaluator {
 public:
  // All must outlive it. `shared` has a byte for each condition that stands in several places, 0
  // where its outcome is not known yet; nullptr to evaluate them each time. Takes memory for two
  // rare things: an array that GrowthBook's semantics turn into a string, and the lower case of a
  // string longer than 256 bytes.
  Evaluator(const Conditions& conditions, Facts& facts, Decided& decided,
            std::pmr::memory_resource* memory, RegexBudget& regex_budget,
            std::uint8_t* shared = nullptr)
      : conditions_(conditions),
        facts_(facts),
        decided_(decided),
        memory_(memory),
        regex_budget_(regex_budget),
        shared_(shared) {}

  // Returns whether the condition whose first node is `root` holds.
  bool holds(std::uint32_t root) noexcept { return node_holds(root, Value()); }
  // Returns whether a condition on the members of `value` holds.
  bool holds(std::uint32_t root, const Value& value) noexcept { return node_holds(root, value); }
  // What regular expressions may still cost, also those of addresses.
  RegexBudget& regex_budget() noexcept { return regex_budget_; }
  // Returns the value that the condition looks at.
  Value subject(std::uint32_t root) noexcept {
    return subject_of(conditions_.nodes()[root], Value());
  }

 private:
  Value subject_of(const Node& node, const Value& current) noexcept;
  bool node_holds(std::uint32_t index, const Value& current) noexcept;
  bool shared_holds(std::uint32_t index, const Node& node) noexcept;
  bool outcome(std::uint32_t index, const Node& node, const Value& value) noexcept;
  bool all_hold(std::uint32_t index, const Value& value) noexcept;
  bool any_holds(std::uint32_t index, const Value& value) noexcept;
  bool some_element_holds(std::uint32_t index, const Value& array) noexcept;
  bool each_by_some(std::uint32_t index, const Value& array) noexcept;
  bool one_of(const Node& node, const Value& value) noexcept;
  bool contains(const Set& set, const Value& value, bool folded) noexcept;
  bool has(const Set& set, const Value& value) noexcept;
  bool is_top(const Ranking& ranking, const Value& scores) noexcept;
  bool matches(const Regex& regex, const Value& value) noexcept;
  bool near(const Node& node, const Value& value) noexcept;
  bool is_lately(const Node& node, const Value& value) noexcept;
  bool has_anniversary(const Node& node, const Value& value) noexcept;
  double offset_s() noexcept;
  bool relates_to_other(std::uint32_t index, const Node& node, const Value& value) noexcept;

  const Conditions& conditions_;
  Facts& facts_;
  Decided& decided_;
  std::pmr::memory_resource* memory_;
  RegexBudget& regex_budget_;
  std::uint8_t* shared_;
};

}  // namespace personalize::decision
