#include "nginx/redis_client/followers/pools.h"

#include <algorithm>
#include <optional>

#include "base/numbers/number.h"

#include "nginx/redis_client/connection/text.h"
#include "nginx/redis_client/followers/first_worker.h"

namespace personalize {

namespace {

// The polling interval: a pool that was filled again counts within a second.
constexpr ngx_msec_t interval = 1000;

}  // namespace

void PoolPlan::add(std::string_view key, std::vector<std::string>& keys) {
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
    keys.emplace_back(key);
  }
}

// One pool or counter, and the question that is under way. Never moves once it asks.
class RedisPools::Pool final : public RedisCommandHandler {
 public:
  Pool(const std::string& key, bool is_list, RedisClient& redis, ngx_log_t* log)
      : key_(key), is_list_(is_list), redis_(redis), log_(log) {}

  std::string_view key() const noexcept { return key_; }
  // Negative if it is not known. What was known stays while Redis cannot be asked.
  std::int64_t length() const noexcept { return length_; }

  bool is_list() const noexcept { return is_list_; }

  void ask() noexcept {
    is_asking_ = is_asking_ || redis_.send({is_list_ ? "LLEN" : "GET", key_}, *this);
  }
  void cancel() noexcept {
    if (is_asking_) {
      redis_.cancel(*this);
    }
  }

  void on_reply(const RedisReply& reply) noexcept override {
    is_asking_ = false;
    if (const auto number = number_of(reply)) {
      if (is_list_) {
        announce(*number);
      }
      length_ = *number;
      is_announced_ = false;
    } else if (!is_announced_) {
      is_announced_ = true;
      ngx_log_error(level_of_first_worker(NGX_LOG_WARN), log_, 0,
                    "personalize: %s %s cannot be read: %s", is_list_ ? "the pool" : "the counter",
                    Printable(key_).c_str(),
                    reply.kind == RedisReply::Kind::error ? Printable(reply.text).c_str()
                                                          : "unexpected reply");
    }
  }
  void on_failure(RedisFailure) noexcept override { is_asking_ = false; }

 private:
  // Returns the length of a list, or the value of a counter, which does not exist before it counts.
  std::optional<std::int64_t> number_of(const RedisReply& reply) const noexcept {
    if (reply.kind == RedisReply::Kind::integer && is_list_) {
      return reply.integer;
    }
    if (reply.kind == RedisReply::Kind::nil && !is_list_) {
      return 0;
    }
    return reply.kind == RedisReply::Kind::string ? read_integer<std::int64_t>(reply.text)
                                                  : std::nullopt;
  }

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
  bool is_list_;
  RedisClient& redis_;
  ngx_log_t* log_;
  std::int64_t length_ = -1;
  bool is_asking_ = false;
  bool is_announced_ = false;  // it was logged that it cannot be read
};

RedisPools::RedisPools(const PoolPlan& plan, RedisClient* redis, ngx_log_t* log) {
  if (redis == nullptr || (plan.pools.empty() && plan.claims.empty())) {
    return;
  }
  pools_.reserve(plan.pools.size() + plan.claims.size());
  for (const auto& key : plan.pools) {
    pools_.emplace_back(key, true, *redis, log);
  }
  for (const auto& key : plan.claims) {
    pools_.emplace_back(key, false, *redis, log);
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

const RedisPools::Pool* RedisPools::find(std::string_view key, bool is_list) const noexcept {
  const auto found = std::find_if(pools_.begin(), pools_.end(), [&](const Pool& pool) {
    return pool.is_list() == is_list && pool.key() == key;
  });
  return found == pools_.end() ? nullptr : &*found;
}

bool RedisPools::is_empty(std::string_view key) const noexcept {
  const Pool* pool = find(key, true);
  return pool != nullptr && pool->length() == 0;
}

bool RedisPools::is_used_up(std::string_view key, std::uint32_t stock) const noexcept {
  const Pool* counter = find(key, false);
  return stock == 0 || (counter != nullptr && counter->length() >= std::int64_t{stock});
}

void RedisPools::write(MetricsWriter& writer) const {
  writer.begin(metrics::pool_codes);
  for (const Pool& pool : pools_) {
    if (pool.is_list() && pool.length() >= 0) {
      writer.add({pool.key()}, static_cast<std::uint64_t>(pool.length()));
    }
  }
}

}  // namespace personalize
