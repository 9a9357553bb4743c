// Follows how many codes are left in the pools of campaigns, so that a campaign whose pool is empty
// makes way for the next one. Each worker has one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/platform/event_timer.h"
#include "nginx/redis_client/redis_client.h"
#include "personalize/record/metrics.h"

namespace personalize {

// The keys of all pools that are the same for everybody.
using PoolPlan = std::vector<std::string>;

class RedisPools final {
 public:
  // Starts to ask, unless `redis` is null or there are no pools. All must outlive this. Throws
  // bad_alloc.
  RedisPools(const PoolPlan& plan, RedisClient* redis, ngx_log_t* log);
  ~RedisPools();
  RedisPools(const RedisPools&) = delete;
  RedisPools& operator=(const RedisPools&) = delete;

  // Returns whether the pool has no code, as far as it was last known.
  bool is_empty(std::string_view key) const noexcept;
  // Writes metrics::pool_codes, of those that are known. Throws what the writer throws.
  void write(MetricsWriter& writer) const;

 private:
  class Pool;

  void on_timer() noexcept;
  void ask() noexcept;

  std::vector<Pool> pools_;
  EventTimer timer_;
};

}  // namespace personalize
