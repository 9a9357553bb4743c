#include "personalize/record/zones.h"

#include <memory_resource>
#include <string>
#include <vector>

#include "suite.h"

namespace {

using personalize::CacheStatistics;
using personalize::JsonWriter;
using personalize::write_zones;
using personalize::ZoneStatus;

ZoneStatus zone(std::string_view name, std::uint64_t entries, std::uint64_t used,
                std::uint64_t available, std::uint64_t evictions) {
  CacheStatistics statistics;
  statistics.entries = entries;
  statistics.used = used;
  statistics.available = available;
  statistics.evictions = evictions;
  return {name, statistics};
}

void json(void**) {
  std::pmr::string out;
  JsonWriter writer(out);
  write_zones({zone("documents", 3, 768, 4096, 1), zone("plans", 0, 0, 8192, 0)}, writer);
  writer.end();
  assert_string_equal(out.c_str(),
                      "{\"zone_bytes\":{\"documents\":{\"used\":768,\"available\":4096},"
                      "\"plans\":{\"used\":0,\"available\":8192}},"
                      "\"zone_entries\":{\"documents\":3,\"plans\":0},"
                      "\"zone_evictions\":{\"documents\":1,\"plans\":0}}");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(json),
};
const Suite suite(__FILE__, tests);

}  // namespace
