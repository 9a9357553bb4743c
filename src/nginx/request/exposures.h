// The variants of experiments that one request made use of.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "nginx/shared/labelled_counters.h"
#include "personalize/decision/decision.h"

namespace personalize {

class Exposures {
 public:
  // `program` must outlive this. Throws what `memory` throws.
  Exposures(const Program& program, std::pmr::memory_resource* memory);

  // Notes what the decision has exposed so far: a decision may be forgotten when documents arrive,
  // but what was done because of it stays.
  void note(Decision& decision) noexcept;

  bool any() const noexcept { return any_; }
  // Calls visit(experiment, variant), with their names, for everything that was noted.
  template <class Visit>
  void for_each(Visit visit) const {
    for (ExperimentId id = 0; id < variants_.size(); ++id) {
      if (!variants_[id].empty()) {
        visit(program_.experiment_name(id), variants_[id]);
      }
    }
  }
  // Counts everything that was noted.
  void count_in(LabelledCounters& counters) const noexcept;

 private:
  const Program& program_;
  std::pmr::vector<std::string_view> variants_;  // by experiment; "" for none
  bool any_ = false;
};

}  // namespace personalize
