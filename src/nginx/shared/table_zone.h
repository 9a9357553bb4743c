// A zone that is one table of what is kept until it has to make room: documents, or page plans.
#pragma once

#include "nginx/platform/ngx.h"
#include "nginx/shared/zone.h"
#include "personalize/sources/cache.h"

namespace personalize {

class TableZone : protected SharedZone {
 public:
  CacheStatistics statistics() noexcept;
  std::size_t size() const noexcept { return area_size(); }  // bytes

 protected:
  // `directive` configures the zone; its name is for messages, and lives as long as this.
  explicit TableZone(const char* directive) noexcept : directive_(directive) {}
  ~TableZone() = default;

  // Its functions are called with a Lock, unless they say that they need none.
  DocumentCache table_{CacheMemory()};

 private:
  bool prepare(bool is_fresh, ngx_shm_zone_t& zone) noexcept final;

  const char* directive_;
};

}  // namespace personalize
