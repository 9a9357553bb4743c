// What each worker sees of the Redis servers, in memory that all workers share: whoever is asked
// for metrics knows of all.
#pragma once

#include <memory_resource>
#include <vector>

#include "nginx/ngx.h"
#include "nginx/shared/block.h"
#include "personalize/record/redis_status.h"

namespace personalize {

class SharedRedisStatus {
 public:
  // Reserves the memory, when the configuration is read; where there is none, summary() is empty
  // and nothing else may be called. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf);

  // What this worker sees from now on. It holds for some seconds.
  void set(const std::pmr::vector<RedisServerStatus>& servers) noexcept;
  // This worker sees nothing any more.
  void clear() noexcept;

  // What all workers see, in `memory`. Throws bad_alloc.
  std::pmr::vector<RedisServerSummary> summary(std::pmr::memory_resource& memory) const;

 private:
  struct Place;

  Place* places() const noexcept { return static_cast<Place*>(block_.memory()); }
  Place& mine() noexcept;

  SharedBlock block_;
};

}  // namespace personalize
