// The visitors of an experiment that count, in the order in which they came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "report/analysis/findings.h"

namespace personalize::report {

struct Member {
  std::int64_t time = 0;  // of the first exposure
  double covariate = 0;
  std::uint32_t groups = 0;
  std::uint16_t stratum = 0;  // the version
  std::uint16_t variant = 0;  // as in Experiment::variants
};

class Population {
 public:
  // Begins the experiment's findings: its variants, the sample-ratio checks, the visitors by day.
  Population(ExperimentStore& store, const Settings& settings, Experiment& findings);

  const std::vector<Member>& members() const { return members_; }
  // Returns a visitor's place among the members; members().size() if it is none.
  std::size_t find(std::uint64_t visitor) const {
    const auto record = exposures_.find(visitor);
    return record == exposures_.size() ? members_.size() : places_[record];
  }

  std::size_t variants() const { return variants_; }
  // Strata that outcomes are compared in. Versions in which a variant has few visitors are joined
  // with those that follow.
  std::size_t strata() const { return joined_count_; }
  std::size_t stratum_of(const Member& member) const { return joined_[member.stratum]; }
  // Versions, each with its split.
  std::size_t versions() const { return shares_.size(); }
  // Where a series has its points.
  const std::vector<std::int64_t>& ends() const { return ends_; }
  // Moments of nobody, for all strata and variants.
  Strata empty() const { return {strata(), std::vector<Moments>(variants_)}; }

  // Checks the numbers of visitors, of all versions and variants.
  std::optional<RatioCheck> check(const std::vector<std::vector<std::uint64_t>>& visitors) const;

 private:
  void choose_variants(const ExperimentStore& store, const Settings& settings,
                       Experiment& findings);
  void collect(const ExperimentStore& store, Experiment& findings);
  void count(Experiment& findings);
  void join(const std::vector<std::vector<std::uint64_t>>& visitors);

  const VisitorTable<Exposure>& exposures_;
  std::size_t variants_ = 0;
  std::vector<std::uint16_t> numbers_;       // of a variant, by its number in the store
  std::vector<std::vector<double>> shares_;  // of each version
  std::vector<std::uint16_t> joined_;        // the stratum of each version
  std::size_t joined_count_ = 0;
  std::vector<Member> members_;
  std::vector<std::uint32_t> places_;  // of a record of exposures_
  std::vector<std::int64_t> ends_;
};

}  // namespace personalize::report
