#include "nginx/redis_client/followers/swaps.h"

#include "nginx/redis_client/connection/text.h"
#include "personalize/redis/info.h"

namespace personalize {

namespace {

constexpr ngx_msec_t interval = 1000;

}  // namespace

RedisSwaps::RedisSwaps(RedisClient& client, RedisSwitches& switches, SharedCache& cache,
                       Counters& counters, ngx_log_t* log) noexcept
    : client_(client), switches_(switches), cache_(cache), counters_(counters), log_(log) {
  timer_.bind<&RedisSwaps::on_timer>(*this, log);
  if (ngx_worker == 0) {
    on_timer();
  }
}

RedisSwaps::~RedisSwaps() {
  if (asking_) {
    client_.cancel(*this);
  }
}

void RedisSwaps::on_timer() noexcept {
  if (ngx_exiting) {
    return;
  }
  if (!asking_) {
    asking_ = client_.send({"INFO", "commandstats"}, *this);
  }
  timer_.start(interval);
}

void RedisSwaps::on_reply(const RedisReply& reply) noexcept {
  asking_ = false;
  const auto calls = read_command_calls(reply, "swapdb");
  if (!calls) {
    if (!announced_) {
      announced_ = true;
      ngx_log_error(
          NGX_LOG_NOTICE, log_, 0,
          "personalize: SWAPDB cannot be noticed: INFO commandstats answered \"%s\"; grant "
          "+info to the user= of personalize_redis, or cached documents are used until "
          "their ttl= has passed after SWAPDB",
          Printable(reply.text).c_str());
    }
    return;
  }
  if (calls_ && *calls_ != *calls) {
    cache_.invalidate_all();
    counters_.add(Counter::cache_invalidated_all);
    switches_.refresh();
  }
  calls_ = calls;
}

}  // namespace personalize
