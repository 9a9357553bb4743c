// Follows how many codes are left in the pools of campaigns, and how many of their prizes are
// claimed, so that a campaign that has nothing left makes way for the next one. Each worker has
// one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/platform/event_timer.h"
#include "nginx/redis_client/redis_client.h"
#include "personalize/record/metrics.h"

namespace personalize {

// Keys that are the same for everybody, each once.
struct PoolPlan {
  std::vector<std::string> pools;   // of lists of codes
  std::vector<std::string> claims;  // of counters of claimed prizes (claim_keys.h)

  // Add a key unless it is there.
  void add_pool(std::string_view key) { add(key, pools); }
  void add_claims(std::string_view key) { add(key, claims); }

 private:
  static void add(std::string_view key, std::vector<std::string>& keys);
};

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
  // Returns whether so many of a prize are claimed, as far as it was last known.
  bool is_used_up(std::string_view key, std::uint32_t stock) const noexcept;
  // Writes metrics::pool_codes, of those that are known. Throws what the writer throws.
  void write(MetricsWriter& writer) const;

 private:
  class Pool;

  void on_timer() noexcept;
  void ask() noexcept;

  const Pool* find(std::string_view key, bool is_list) const noexcept;

  std::vector<Pool> pools_;  // and counters
  EventTimer timer_;
};

}  // namespace personalize
