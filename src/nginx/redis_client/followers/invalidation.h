// Removes documents from the shared cache when a server says that their keys have changed. Each
// worker has one: invalidating a key twice does no harm, and no worker depends on another's
// connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/platform/ngx.h"
#include "nginx/redis_client/connection/subscription.h"
#include "nginx/redis_client/followers/switches.h"
#include "nginx/redis_client/options.h"
#include "nginx/redis_client/redis_client.h"
#include "nginx/shared/cache.h"
#include "personalize/record/counters.h"
#include "personalize/redis/subscription.h"

namespace personalize {

// Has a connection of its own, since one that is subscribed takes no other commands. Without it,
// documents are used until their ttl has passed. A server that refuses is asked again from time to
// time; that is logged once.
class RedisInvalidation final : private RedisSubscriber {
 public:
  // Starts to connect. `prefixes` are not empty, and none begins with another. Calls `client`,
  // which the server belongs to, when the connection is lost, and `switches` when they have
  // changed. All but `options` and `prefixes` must outlive this. Throws bad_alloc.
  RedisInvalidation(const RedisOptions& options, const std::vector<std::string>& prefixes,
                    RedisClient& client, RedisSwitches& switches, SharedCache& cache,
                    Counters& counters, ngx_log_t* log);
  ~RedisInvalidation() { subscription_.end(); }
  RedisInvalidation(const RedisInvalidation&) = delete;
  RedisInvalidation& operator=(const RedisInvalidation&) = delete;

  const std::string& server() const noexcept { return options_.name; }

 private:
  void on_open() noexcept override { subscription_.send({"CLIENT", "ID"}); }
  void on_answer(const RedisReply& reply) noexcept override;
  void on_subscribed(bool is_news) noexcept override;
  void on_message(const RedisReply& payload) noexcept override;
  void on_unsubscribed() noexcept override;
  void on_lost(const RedisReason* news) noexcept override;
  const char* remedy(std::string_view error) const noexcept override;

  void on_keys(const Invalidation& message) noexcept;

  RedisOptions options_;
  std::vector<std::string> prefixes_;
  std::uint32_t scope_;  // see DocumentCache::Watcher
  RedisClient& client_;
  RedisSwitches& switches_;
  SharedCache& cache_;
  Counters& counters_;
  ngx_log_t* log_;
  RedisSubscription subscription_;
};

}  // namespace personalize
