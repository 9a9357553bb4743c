// Experiments that allocate themselves (`allocate bandit`): personalize-report learns from events
// which variants do well, and writes into the hash pz:weights of Redis which share of the visitors
// each is to get.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/decision/program.h"

namespace personalize {

namespace decision {
struct BucketRange;
}

// What is declared of one of them.
struct AllocatedExperiment {
  ExperimentId id = no_experiment;
  Where where;
  std::string metric;        // of conversions
  std::int64_t every_s = 0;  // how often the shares are to be computed anew
  double floor = 0;          // the least share of a variant
  double coverage = 1;
  std::vector<std::string> variants;
  std::vector<double> shares;  // at the beginning
};

// The shares at present, of the experiments of one Program.
class Allocations {
 public:
  // `program` must outlive this. Throws bad_alloc.
  explicit Allocations(const Program& program);
  ~Allocations();
  Allocations(Allocations&&) noexcept;

  // Takes what pz:weights says of the experiment, JSON:
  //
  //   {"version": "12", "weights": {"control": 0.2, "green": 0.8}}
  //
  // Weights are shares of those who take part; each variant has one, and they add up to 1. An empty
  // text stands for what is configured. Returns false, and changes nothing, if it is anything else,
  // or memory runs out.
  bool set(ExperimentId id, std::string_view text) noexcept;

  // Returns the version of the weights; "" for those that are configured. It lives until set().
  std::string_view version(ExperimentId id) const noexcept;

  // Returns the shares, as Program::experiment_split() does. It lives until set().
  std::string_view split(ExperimentId id) const noexcept;

  // For the decision room. Returns nullptr for what is configured.
  const std::vector<decision::BucketRange>* ranges(ExperimentId id) const noexcept;

 private:
  struct Present;
  const Present* find(ExperimentId id) const noexcept;

  std::vector<Present> presents_;  // few
};

}  // namespace personalize
