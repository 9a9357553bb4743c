// Keeps the shared cache in step with every server that documents are read from.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nginx/platform/ngx.h"
#include "nginx/redis_client/followers/invalidation.h"
#include "nginx/redis_client/followers/swaps.h"
#include "nginx/redis_client/options.h"
#include "nginx/redis_client/redis_client.h"
#include "nginx/shared/cache.h"
#include "personalize/record/counters.h"

namespace personalize {

class RedisWatch final : private RedisTopologyListener {
 public:
  // Does the same as RedisInvalidation, for all servers. All must outlive this. Throws bad_alloc.
  RedisWatch(const RedisOptions& options, const std::vector<std::string>& prefixes,
             RedisClient& client, RedisSwitches& switches, SharedCache& cache, Counters& counters,
             ngx_log_t* log);
  RedisWatch(const RedisWatch&) = delete;
  RedisWatch& operator=(const RedisWatch&) = delete;

 private:
  void on_servers(const std::vector<RedisNode*>& servers) noexcept override;
  void watch(const RedisOptions& server);

  const std::vector<std::string>& prefixes_;
  RedisClient& client_;
  RedisSwitches& switches_;
  SharedCache& cache_;
  Counters& counters_;
  ngx_log_t* log_;
  std::vector<std::unique_ptr<RedisInvalidation>> watched_;
  std::optional<RedisSwaps> swaps_;  // nothing for a cluster
};

}  // namespace personalize
