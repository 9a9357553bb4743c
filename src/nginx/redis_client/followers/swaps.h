// Notices SWAPDB, which Redis announces to no client: every key may have another value after it.
#pragma once

#include <cstdint>
#include <optional>

#include "nginx/platform/event_timer.h"
#include "nginx/redis_client/followers/switches.h"
#include "nginx/redis_client/redis_client.h"
#include "nginx/shared/cache.h"
#include "personalize/record/counters.h"

namespace personalize {

// Asks every second how often SWAPDB was called, and removes all documents from the shared cache if
// that has changed. One worker does it for all. A cluster has one database alone.
class RedisSwaps final : private RedisCommandHandler {
 public:
  // Starts to ask. All must outlive this.
  RedisSwaps(RedisClient& client, RedisSwitches& switches, SharedCache& cache, Counters& counters,
             ngx_log_t* log) noexcept;
  ~RedisSwaps();
  RedisSwaps(const RedisSwaps&) = delete;
  RedisSwaps& operator=(const RedisSwaps&) = delete;

 private:
  void on_reply(const RedisReply& reply) noexcept override;
  void on_failure(RedisFailure) noexcept override { asking_ = false; }
  void on_timer() noexcept;

  RedisClient& client_;
  RedisSwitches& switches_;
  SharedCache& cache_;
  Counters& counters_;
  ngx_log_t* log_;
  std::optional<std::uint64_t> calls_;  // when last asked
  bool asking_ = false;
  bool announced_ = false;  // it was logged that the server does not answer
  EventTimer timer_;
};

}  // namespace personalize
