#include "nginx/redis_client/followers/pools.h"

#include <algorithm>

#include "nginx/redis_client/connection/text.h"
#include "nginx/redis_client/followers/first_worker.h"

namespace personalize {

namespace {

// The polling interval: a pool that was filled again counts within a second.
constexpr ngx_msec_t interval = 1000;

}  // namespace

// One pool, and the question that is under way. Never moves once it asks.
class RedisPools::Pool final : public RedisCommandHandler {
 public:
  Pool(const std::string& key, RedisClient& redis, ngx_log_t* log)
      : key_(key), redis_(redis), log_(log) {}

  std::string_view key() const noexcept { return key_; }
  // Negative if it is not known. What was known stays while Redis cannot be asked.
  std::int64_t length() const noexcept { return length_; }

  void ask() noexcept { is_asking_ = is_asking_ || redis_.send({"LLEN", key_}, *this); }
  void cancel() noexcept {
    if (is_asking_) {
      redis_.cancel(*this);
    }
  }

  void on_reply(const RedisReply& reply) noexcept override {
    is_asking_ = false;
    if (reply.kind == RedisReply::Kind::integer) {
      announce(reply.integer);
      length_ = reply.integer;
      is_announced_ = false;
    } else if (!is_announced_) {
      is_announced_ = true;
      ngx_log_error(level_of_first_worker(NGX_LOG_WARN), log_, 0,
                    "personalize: the pool %s cannot be read: %s", Printable(key_).c_str(),
                    reply.kind == RedisReply::Kind::error ? Printable(reply.text).c_str()
                                                          : "unexpected reply");
    }
  }
  void on_failure(RedisFailure) noexcept override { is_asking_ = false; }

 private:
  void announce(std::int64_t length) noexcept {
    if (length == 0 && length_ != 0) {
      ngx_log_error(level_of_first_worker(NGX_LOG_WARN), log_, 0,
                    "personalize: the pool %s has no codes: campaigns that take them from there "
                    "are not shown until it is filled",
                    Printable(key_).c_str());
    } else if (length != 0 && length_ == 0) {
      ngx_log_error(level_of_first_worker(NGX_LOG_NOTICE), log_, 0,
                    "personalize: the pool %s has codes again", Printable(key_).c_str());
    }
  }

  const std::string& key_;
  RedisClient& redis_;
  ngx_log_t* log_;
  std::int64_t length_ = -1;
  bool is_asking_ = false;
  bool is_announced_ = false;  // it was logged that it cannot be read
};

RedisPools::RedisPools(const PoolPlan& plan, RedisClient* redis, ngx_log_t* log) {
  if (redis == nullptr || plan.empty()) {
    return;
  }
  pools_.reserve(plan.size());
  for (const auto& key : plan) {
    pools_.emplace_back(key, *redis, log);
  }
  timer_.bind<&RedisPools::on_timer>(*this, log);
  ask();
  timer_.start(interval);
}

RedisPools::~RedisPools() {
  std::for_each(pools_.begin(), pools_.end(), [](Pool& pool) { pool.cancel(); });
}

void RedisPools::on_timer() noexcept {
  if (ngx_exiting) {
    return;
  }
  ask();
  timer_.start(interval);
}

void RedisPools::ask() noexcept {
  std::for_each(pools_.begin(), pools_.end(), [](Pool& pool) { pool.ask(); });
}

bool RedisPools::is_empty(std::string_view key) const noexcept {
  return std::any_of(pools_.begin(), pools_.end(),
                     [&](const Pool& pool) { return pool.key() == key && pool.length() == 0; });
}

void RedisPools::write(MetricsWriter& writer) const {
  writer.begin(metrics::pool_codes);
  for (const Pool& pool : pools_) {
    if (pool.length() >= 0) {
      writer.add({pool.key()}, static_cast<std::uint64_t>(pool.length()));
    }
  }
}

}  // namespace personalize
