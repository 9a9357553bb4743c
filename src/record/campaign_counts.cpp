#include "personalize/record/campaign_counts.h"

#include "personalize/signals/visitor_state.h"

namespace personalize {

namespace {

// By CampaignCount.
constexpr std::string_view names[campaign_count_count] = {"shown",   "impression", "click",
                                                          "dismiss", "conversion", "claim"};

}  // namespace

CampaignCount count_of(CampaignEvent event) noexcept {
  switch (event) {
    case CampaignEvent::impression:
      return CampaignCount::impression;
    case CampaignEvent::click:
      return CampaignCount::click;
    case CampaignEvent::dismiss:
      return CampaignCount::dismiss;
    case CampaignEvent::conversion:
      return CampaignCount::conversion;
    case CampaignEvent::claim:
      return CampaignCount::claim;
    case CampaignEvent::answer:
      break;  // counted for all of them together
  }
  return CampaignCount::impression;
}

void write_campaign(std::string_view name, const CampaignCounts& counts, MetricsWriter& writer) {
  for (std::size_t i = 0; i < campaign_count_count; ++i) {
    writer.add({name, names[i]}, counts[i]);
  }
}

}  // namespace personalize
