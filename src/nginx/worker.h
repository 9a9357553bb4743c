// What each worker process has once.
#pragma once

#include <memory>

#include "nginx/config/configuration.h"
#include "nginx/delivery/event_log.h"
#include "nginx/delivery/item_lists.h"
#include "nginx/delivery/learner.h"
#include "nginx/geo_updates.h"
#include "nginx/redis_client/followers/pools.h"
#include "nginx/redis_client/followers/status_report.h"
#include "nginx/redis_client/followers/switches.h"
#include "nginx/redis_client/followers/watch.h"
#include "nginx/redis_client/followers/weights.h"
#include "nginx/redis_client/redis_client.h"
#include "nginx/request/documents/lookups.h"
#include "nginx/request/documents/person_writer.h"
#include "nginx/request/documents/session_writer.h"
#include "nginx/request/plans/plan_cache.h"
#include "nginx/request/plans/plan_maker.h"
#include "personalize/record/log_limiter.h"
#include "personalize/signals/device_cache.h"
#include "personalize/signals/local_time.h"

namespace personalize {

class Worker {
 public:
  Worker(MainConf& main, ngx_cycle_t* cycle);

  // Writes a warning of what `kind` counts, unless there were many recently.
  void log(Counter kind, ngx_log_t* log, const char* message, std::string_view about = {}) noexcept;

  // Returns whether it is measured how long the slots of this page take: of one page in 16.
  bool is_timed_page() noexcept { return ++pages_ % 16 == 0; }

  Counters& counters;
  Histograms& histograms;
  TimeZones zones;
  DeviceCache devices;
  std::unique_ptr<RedisClient> redis;  // nullptr without personalize_redis
  Lookups lookups;
  RedisSwitches switches;
  RedisWeights weights;
  RedisPools pools;
  SessionWriter sessions;
  PersonWriter persons;
  std::unique_ptr<EventLog> events;       // nullptr if none are written
  std::unique_ptr<ItemLists> item_lists;  // nullptr without events or Redis
  std::unique_ptr<Learner> learner;       // nullptr if nothing is learned
  RedisStatusReport redis_status;
  GeoUpdates geo_updates;
  PlanCache plan_cache;
  PlanMaker plans;
  std::unique_ptr<RedisWatch> watch;  // nullptr if nothing is to be watched

 private:
  LogLimiter limiter_;
  std::uint32_t pages_ = 0;
};

// Returns the worker that this process is; only while it runs requests.
Worker& worker() noexcept;

inline void count(Counter counter, std::uint64_t n = 1) noexcept {
  worker().counters.add(counter, n);
}

inline void observe(Histogram histogram, std::uint64_t nanoseconds) noexcept {
  worker().histograms.observe(histogram, nanoseconds);
}

// Called in the master process when a configuration is about to be used.
ngx_int_t init_configuration(ngx_cycle_t* cycle);
ngx_int_t init_worker(ngx_cycle_t* cycle);
void exit_worker(ngx_cycle_t* cycle);

}  // namespace personalize
