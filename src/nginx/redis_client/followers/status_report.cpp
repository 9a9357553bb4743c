#include "nginx/redis_client/followers/status_report.h"

#include <memory_resource>
#include <new>
#include <vector>

namespace personalize {

namespace {

constexpr ngx_msec_t interval = 1000;

}  // namespace

RedisStatusReport::RedisStatusReport(const RedisClient* redis, SharedRedisStatus& shared,
                                     ngx_log_t* log) noexcept
    : redis_(redis), shared_(shared) {
  if (redis != nullptr) {
    timer_.bind<&RedisStatusReport::on_timer>(*this, log);
    on_timer();
  }
}

RedisStatusReport::~RedisStatusReport() {
  if (redis_ != nullptr) {
    shared_.clear();
  }
}

void RedisStatusReport::on_timer() noexcept {
  update();
  timer_.start(interval);
}

void RedisStatusReport::update() noexcept {
  // After a reload, the slot of a worker that shuts down may already belong to a new one.
  if (redis_ == nullptr || ngx_exiting) {
    return;
  }
  try {
    std::pmr::vector<RedisServerStatus> servers;
    redis_->add_status(servers);
    shared_.set(servers);
  } catch (const std::bad_alloc&) {
    // The timer tries again in a second.
  }
}

}  // namespace personalize
