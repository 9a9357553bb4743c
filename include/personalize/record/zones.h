// How full the zones of shared memory are, as personalize_status shows it.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/record/metrics.h"
#include "personalize/sources/cache.h"

namespace personalize {

struct ZoneStatus {
  std::string_view name;
  CacheStatistics statistics;
};

// Writes metrics::zone_bytes, zone_entries and zone_evictions. Throws what the writer throws.
void write_zones(const std::pmr::vector<ZoneStatus>& zones, MetricsWriter& writer);

}  // namespace personalize
