// The variants of experiments that one request made use of, and campaigns that are kept from some
// visitors.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "nginx/shared/counters/labelled_counters.h"
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

  // Notes that the campaign is shown. A campaign that nobody is kept from is passed over; so is
  // what there is no memory for.
  void note_shown(CampaignId campaign) noexcept;
  // Calls visit(campaign, variant), with the campaign's name, for those that the visitor was shown,
  // or would have been if the visitor were not held out.
  template <class Visit>
  void for_each_campaign(Visit visit) const {
    for (const auto& [campaign, is_shown] : campaigns_) {
      visit(program_.campaign_name(campaign), is_shown ? shown : held_out);
    }
  }
  bool any_campaign() const noexcept { return !campaigns_.empty(); }
  static constexpr std::string_view shown = "shown";
  static constexpr std::string_view held_out = "holdout";

  // Counts the experiments that were noted.
  void count_in(LabelledCounters& counters) const noexcept;

 private:
  struct Exposure {
    ExperimentId experiment;
    std::string_view variant;
  };

  struct CampaignExposure {
    CampaignId campaign;
    bool is_shown;
  };

  bool has(ExperimentId id) const noexcept;
  void note_campaign(CampaignId id, bool is_shown);

  const Program& program_;
  std::pmr::vector<Exposure> noted_;
  std::pmr::vector<CampaignExposure> campaigns_;
};

}  // namespace personalize
