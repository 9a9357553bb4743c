#include "personalize/record/zones.h"

namespace personalize {

void write_zones(const std::pmr::vector<ZoneStatus>& zones, MetricsWriter& writer) {
  writer.begin(metrics::zone_bytes);
  for (const ZoneStatus& zone : zones) {
    writer.add({zone.name, "used"}, zone.statistics.used);
    writer.add({zone.name, "available"}, zone.statistics.available);
  }
  writer.begin(metrics::zone_entries);
  for (const ZoneStatus& zone : zones) {
    writer.add({zone.name}, zone.statistics.entries);
  }
  writer.begin(metrics::zone_evictions);
  for (const ZoneStatus& zone : zones) {
    writer.add({zone.name}, zone.statistics.evictions);
  }
}

}  // namespace personalize
