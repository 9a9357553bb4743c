// Publishes every second what this worker sees of the Redis servers, for the other workers.
#pragma once

#include "nginx/platform/event_timer.h"
#include "nginx/redis_client/redis_client.h"
#include "nginx/shared/redis_status.h"

namespace personalize {

class RedisStatusReport {
 public:
  // Does nothing if `redis` is nullptr. All must outlive this.
  RedisStatusReport(const RedisClient* redis, SharedRedisStatus& shared, ngx_log_t* log) noexcept;
  ~RedisStatusReport();
  RedisStatusReport(const RedisStatusReport&) = delete;
  RedisStatusReport& operator=(const RedisStatusReport&) = delete;

  // Publishes it now.
  void update() noexcept;

 private:
  void on_timer() noexcept;

  const RedisClient* redis_;
  SharedRedisStatus& shared_;
  EventTimer timer_;
};

}  // namespace personalize
