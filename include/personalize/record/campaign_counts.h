// What became of campaigns, counted for each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "personalize/record/metrics.h"

namespace personalize {

enum class CampaignEvent : std::uint8_t;

enum class CampaignCount : std::uint8_t {
  shown,       // it was put into a page
  impression,  // what runtime scripts report
  click,
  dismiss,
  conversion,
  claim,
  count,  // their number
};
constexpr std::size_t campaign_count_count = static_cast<std::size_t>(CampaignCount::count);

CampaignCount count_of(CampaignEvent event) noexcept;

using CampaignCounts = std::array<std::uint64_t, campaign_count_count>;

// Adds the counts of a campaign to metrics::campaigns, which is begun. Throws what the writer
// throws.
void write_campaign(std::string_view name, const CampaignCounts& counts, MetricsWriter& writer);

}  // namespace personalize
