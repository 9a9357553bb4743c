// One request's experiments and features: decided when first asked for, then remembered.
#pragma once

#include <memory_resource>
#include <vector>

#include "decision/experiments/experiment_evaluator.h"
#include "decision/experiments/experiment_program.h"
#include "personalize/decision/decision.h"

namespace personalize::decision {

class ExperimentDecision final : private ExperimentContext {
 public:
  // All must outlive it, `inputs` too. Takes some bytes per experiment and feature from `memory`
  // when the first is asked for; if there are none, the visitor is in no experiment. `first_switch`
  // is the index of the first experiment's switch.
  ExperimentDecision(const ExperimentProgram& program, std::size_t first_switch, Facts& facts,
                     const DecisionInputs& inputs, std::pmr::memory_resource* memory);

  // Returns the variation; nullptr if the visitor is not in the experiment. `conditions` ask this
  // decision for the experiments and features that they name.
  const Variation* variation(ExperimentId id, Evaluator& conditions) noexcept;
  Value feature(FeatureId id, Evaluator& conditions) noexcept;

  // Returns an evaluator that does not use what this remembers.
  ExperimentEvaluator evaluator(Evaluator& conditions) noexcept {
    return {program_.compiled, conditions, facts_, *this, memory_};
  }

  // Notes that the experiment's variant, or the feature's value, decides something.
  void use_experiment(ExperimentId id) noexcept;
  void use_feature(FeatureId id) noexcept;
  // Returns whether the experiment's variant was used and the visitor got it by the hash.
  bool is_exposed(ExperimentId id) const noexcept;
  // Return the experiments that were used, the last one first; no_experiment at the end.
  ExperimentId last_used() const noexcept { return last_used_; }
  ExperimentId used_before(ExperimentId id) const noexcept { return places_[id].used_before; }

  // Does the same as Decision::redirect.
  bool redirect(Evaluator& conditions, std::pmr::string& out);

  // Do the same as Decision's.
  bool targets_page(const VisualExperiment& visual, RegexBudget& regex_budget) noexcept;
  void choose_visual(Evaluator& conditions, bool may_run_js, std::pmr::vector<VisualChoice>& out);

  void reset() noexcept;

 private:
  enum class State : std::uint8_t { unasked, asking, outside, inside };

  struct Place {
    std::uint32_t experiment = 0;
    std::uint32_t variation = 0;
    State state = State::unasked;
    bool hash_used = false;  // not forced
    bool used = false;
    ExperimentId used_before = no_experiment;
  };

  struct FeatureValue {
    std::uint32_t document = 0;
    std::uint32_t decided_by = no_index;  // ExperimentId
    State state = State::unasked;         // inside: known
  };

  bool is_targeted(const std::vector<UrlTarget>& targets,
                   RegexBudget& regex_budget) noexcept override;
  std::optional<std::size_t> forced_variation(std::uint32_t experiment) noexcept override;
  std::optional<bool> switched(std::uint32_t experiment) noexcept override;
  const std::vector<BucketRange>* allocated(std::uint32_t experiment) noexcept override;
  std::optional<double> hash(std::uint32_t place, std::string_view value) noexcept override;
  StickyAssignments* sticky() noexcept override { return inputs_.sticky; }
  void on_assigned(std::uint32_t experiment, const Assignment& assignment) noexcept override;

  // Makes room for what is remembered. Returns false if there is none.
  bool begin() noexcept;
  // Returns the page's address as the client wrote it; "" if no experiment needs it.
  std::string_view url() noexcept;

  const ExperimentProgram& program_;
  std::size_t first_switch_;
  Facts& facts_;
  const DecisionInputs& inputs_;
  std::pmr::memory_resource* memory_;
  std::pmr::vector<Place> places_;           // by ExperimentId; empty before begin()
  std::pmr::vector<FeatureValue> features_;  // by FeatureId; empty before begin()
  std::pmr::vector<double> hashes_;          // of HashPlan; empty before begin()
  bool is_begun_ = false;
  ExperimentId last_used_ = no_experiment;
};

}  // namespace personalize::decision
