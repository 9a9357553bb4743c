#include "nginx/shared/table_zone.h"

namespace personalize {

bool TableZone::prepare(bool, ngx_shm_zone_t& zone) noexcept {
  table_ = DocumentCache({area(), area_size()});
  CacheSeed seed;
  if (!fill_random(zone, directive_, &seed, sizeof(seed))) {
    return false;
  }
  const Lock lock(*this);
  if (!table_.init(seed)) {
    ngx_log_error(NGX_LOG_EMERG, zone.shm.log, 0, "%s: zone \"%V\" is too small", directive_,
                  &zone.shm.name);
    return false;
  }
  return true;
}

CacheStatistics TableZone::statistics() noexcept {
  const Lock lock(*this);
  return table_.statistics();
}

}  // namespace personalize
