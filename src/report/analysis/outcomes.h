// What became of an experiment's visitors.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "report/analysis/findings.h"
#include "report/analysis/population.h"

namespace personalize::report {

// A conversion of a member.
struct MemberConversion {
  std::int64_t time = 0;
  double value = 0;
  std::uint32_t member = 0;
  std::uint16_t currency = 0;
  bool has_value = false;
};

// The conversions of one metric: those that count, and those from before the first exposure, both
// in the order of time.
struct MetricHistory {
  std::vector<MemberConversion> counted;
  std::vector<MemberConversion> before;
};

MetricHistory conversions_of(const Population& population, const MetricStore& metric,
                             const Settings& settings);

// A number of each member: what of a metric it is made from.
struct Quantity {
  const MetricHistory* history = nullptr;
  OutcomeKind kind = OutcomeKind::rate;
  std::uint16_t currency = 0;  // for values
};

// Members with one value of an attribute.
struct CutGroup {
  std::string attribute;
  std::string value;
};

// Which cuts each combination of values belongs to.
struct CutPlan {
  std::vector<CutGroup> groups;
  std::vector<std::vector<std::uint32_t>> of_combination;
  std::vector<std::string> further;  // what has too many values to show them all
};

CutPlan plan_cuts(const Population& population, const Names& combinations,
                  const Settings& settings);

// Works outcomes out, over time, of all members and of the cuts.
class OutcomeAnalysis {
 public:
  OutcomeAnalysis(const Population& population, const std::vector<std::int64_t>& ends,
                  const CutPlan& cuts, const Settings& settings);

  // Fills in the outcome's numbers, but for adjusted p values, and returns those of the cuts.
  std::vector<std::vector<VariantResult>> work_out(Outcome& outcome, const Quantity& numerator,
                                                   const Quantity* denominator);

 private:
  struct Step {
    std::int64_t time;
    double value;
    std::uint32_t member;
    bool is_divisor;
    bool is_flag;  // counts once
  };

  void add_steps(const Quantity& quantity, bool is_divisor);
  void set_covariate(Outcome& outcome, const Quantity& numerator);
  void set_cap(Outcome& outcome);
  void apply(const Step& step);
  Visit visit_of(std::size_t member) const;
  void replay(Outcome& outcome);
  void count(Outcome& outcome) const;
  std::vector<std::optional<Comparison>> compare_all(const Strata& strata) const;
  std::vector<VariantResult> results_of(const Strata& strata) const;
  std::vector<std::vector<VariantResult>> cut_results() const;

  const Population& population_;
  const std::vector<std::int64_t>& ends_;
  const CutPlan& cuts_;
  const Settings& settings_;

  bool is_ratio_ = false;
  bool uses_covariate_ = false;
  double cap_ = 0;
  std::vector<Step> steps_;
  std::vector<double> y_;
  std::vector<double> d_;
  std::vector<double> x_;
};

}  // namespace personalize::report
