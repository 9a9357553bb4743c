// Hears from a server which keys have changed, and throws their documents out of the shared cache.
// One for each worker: an invalidation is the same however often it is done, and no worker depends
// on another one's connection.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/ngx.h"
#include "nginx/redis_client.h"
#include "nginx/redis_connection.h"
#include "nginx/redis_options.h"
#include "nginx/shared_cache.h"
#include "personalize/record.h"
#include "redis/circuit_breaker.h"
#include "redis/command_buffer.h"
#include "redis/invalidation.h"
#include "redis/reply_reader.h"

namespace personalize {

// A connection of its own, since one that is subscribed takes no other commands. While it is not
// there, documents are used until their ttl is over. A server that does not grant it is asked again
// from time to time, and the log says so once.
class RedisInvalidation final : private RedisConnectionOwner {
 public:
  // Begins to connect. `prefixes` are not empty, and none begins with another. `client`, which
  // the server is part of, is told when the connection is lost. All but `options` and `prefixes`
  // must outlive this. Throws bad_alloc.
  RedisInvalidation(const RedisOptions& options, const std::vector<std::string>& prefixes,
                    RedisClient& client, SharedCache& cache, Counters& counters, ngx_log_t* log);
  ~RedisInvalidation() { stop(); }
  RedisInvalidation(const RedisInvalidation&) = delete;
  RedisInvalidation& operator=(const RedisInvalidation&) = delete;

  const std::string& server() const noexcept { return options_.name; }

 private:
  // What the next reply answers; or, while there is no connection, that the timer makes one.
  enum class Step : std::uint8_t { disconnected, auth, client_id, tracking, subscribe, watching };

  // Why there is no word from Redis, as the log has it.
  using Reason = std::array<char, 512>;

  bool on_bytes(std::string_view bytes) noexcept override;
  std::string_view unsent() noexcept override { return commands_.unsent(); }
  void on_sent(std::size_t size) noexcept override { commands_.sent(size); }
  void on_lost(ngx_err_t error) noexcept override;
  void on_exiting(bool now) noexcept override;

  void connect() noexcept;
  bool open_next_address() noexcept;
  bool greet() noexcept;
  bool say(std::initializer_list<std::string_view> words) noexcept;
  bool ask_for_tracking(std::int64_t client_id) noexcept;

  bool on_reply(const RedisReply& reply) noexcept;
  bool on_message(const Invalidation& message) noexcept;
  void on_subscribed() noexcept;
  void on_keys(const Invalidation& message) noexcept;
  void on_timer() noexcept;

  bool refused(const RedisReply& reply) noexcept;
  template <class... Arguments>
  bool lose(const char* why, Arguments... arguments) noexcept;
  void retry() noexcept;
  void disconnect() noexcept;
  void stop() noexcept;
  void start_timer(ngx_msec_t delay) noexcept;
  template <class... Arguments>
  static Reason format(const char* text, Arguments... arguments) noexcept;
  void announce(const Reason& reason, bool is_for_log) noexcept;

  RedisOptions options_;
  std::vector<std::string> prefixes_;
  std::uint32_t scope_;  // of DocumentCache::Watcher
  RedisClient& client_;
  SharedCache& cache_;
  Counters& counters_;
  ngx_log_t* log_;

  RedisConnection connection_;
  CommandBuffer commands_;
  std::optional<ReplyReader> reader_;
  CircuitBreaker backoff_;
  Step step_ = Step::disconnected;
  std::size_t tried_ = 0;  // addresses, in this round of connecting
  bool heartbeat_unanswered_ = false;
  bool announced_ = false;  // the log has it that there is no word from Redis

  ngx_connection_t timer_owner_{};  // what NGINX expects to find behind an event
  ngx_event_t timer_{};
};

}  // namespace personalize
