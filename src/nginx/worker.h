// What each worker process has one of.
#pragma once

#include <memory>

#include "nginx/configuration.h"
#include "nginx/lookups.h"
#include "personalize/local_time.h"

namespace personalize {

struct Worker {
  explicit Worker(MainConf& main, ngx_cycle_t* cycle);

  TimeZones zones;
  std::unique_ptr<RedisServer> redis;  // nullptr without personalize_redis
  Lookups lookups;
};

// The worker that this process is; only while it runs requests.
Worker& worker() noexcept;

ngx_int_t init_worker(ngx_cycle_t* cycle);
void exit_worker(ngx_cycle_t* cycle);

}  // namespace personalize
