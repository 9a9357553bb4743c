// Hears from a server which keys have changed, and throws their documents out of the shared cache.
// One for each worker: an invalidation is the same however often it is done, and no worker depends
// on another one's connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/ngx.h"
#include "nginx/redis_client/followers/subscription.h"
#include "nginx/redis_client/options.h"
#include "nginx/redis_client/redis_client.h"
#include "nginx/shared/cache.h"
#include "personalize/record/counters.h"
#include "personalize/redis/subscription.h"

namespace personalize {

// A connection of its own, since one that is subscribed takes no other commands. While it is not
// there, documents are used until their ttl is over. A server that does not grant it is asked again
// from time to time, and the log says so once.
class RedisInvalidation final : private RedisSubscriber {
 public:
  // Begins to connect. `prefixes` are not empty, and none begins with another. `client`, which
  // the server is part of, is told when the connection is lost. All but `options` and `prefixes`
  // must outlive this. Throws bad_alloc.
  RedisInvalidation(const RedisOptions& options, const std::vector<std::string>& prefixes,
                    RedisClient& client, SharedCache& cache, Counters& counters, ngx_log_t* log);
  ~RedisInvalidation() { subscription_.end(); }
  RedisInvalidation(const RedisInvalidation&) = delete;
  RedisInvalidation& operator=(const RedisInvalidation&) = delete;

  const std::string& server() const noexcept { return options_.name; }

 private:
  void on_open() noexcept override { subscription_.say({"CLIENT", "ID"}); }
  void on_answer(const RedisReply& reply) noexcept override;
  void on_subscribed(bool is_news) noexcept override;
  void on_message(const RedisReply& payload) noexcept override;
  void on_unsubscribed() noexcept override;
  void on_lost(const RedisReason* news) noexcept override;
  const char* remedy(std::string_view error) const noexcept override;

  void on_keys(const Invalidation& message) noexcept;

  RedisOptions options_;
  std::vector<std::string> prefixes_;
  std::uint32_t scope_;  // of DocumentCache::Watcher
  RedisClient& client_;
  SharedCache& cache_;
  Counters& counters_;
  ngx_log_t* log_;
  RedisSubscription subscription_;
};

}  // namespace personalize
