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
  // Both must outlive this.
  Exposures(const Program& program, std::pmr::memory_resource* memory);

  // Notes what the decision has exposed so far: a decision may be forgotten when documents arrive,
  // but what was done because of it stays. What there is no memory for is not noted.
  void note(Decision& decision) noexcept;

  bool any() const noexcept { return !noted_.empty(); }
  // Calls visit(experiment, variant), with their names, for everything that was noted.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Exposure& exposure : noted_) {
      visit(program_.experiment_name(exposure.experiment), exposure.variant);
    }
  }
  // Counts everything that was noted.
  void count_in(LabelledCounters& counters) const noexcept;

 private:
  struct Exposure {
    ExperimentId experiment;
    std::string_view variant;
  };

  bool has(ExperimentId id) const noexcept;

  const Program& program_;
  std::pmr::vector<Exposure> noted_;
};

}  // namespace personalize
