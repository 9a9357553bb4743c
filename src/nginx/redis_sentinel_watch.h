// Hears from a sentinel that there is a new master, so that nobody has to ask for it to know.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "nginx/event_timer.h"
#include "nginx/redis_connection.h"
#include "nginx/redis_options.h"
#include "redis/circuit_breaker.h"
#include "redis/command_buffer.h"
#include "redis/node_address.h"
#include "redis/reply_reader.h"

namespace personalize {

class RedisSentinelListener {
 public:
  // From the event loop; `address` lives until this returns.
  virtual void on_switch(const NodeAddress& address) noexcept = 0;

 protected:
  ~RedisSentinelListener() = default;
};

// A connection of its own, to one sentinel at a time: when that one is silent, to the next. While
// there is none, the master is known from asking, later.
class RedisSentinelWatch final : private RedisConnectionOwner {
 public:
  // Begins to connect. `options` are those of the sentinels; their `master` is the one that is
  // watched. All must outlive this.
  RedisSentinelWatch(const RedisOptions& options, RedisSentinelListener& listener, ngx_log_t* log);
  RedisSentinelWatch(const RedisSentinelWatch&) = delete;
  RedisSentinelWatch& operator=(const RedisSentinelWatch&) = delete;

 private:
  enum class Step : std::uint8_t { disconnected, auth, subscribe, watching };

  bool on_bytes(std::string_view bytes) noexcept override;
  std::string_view unsent() noexcept override { return commands_.unsent(); }
  void on_sent(std::size_t size) noexcept override { commands_.sent(size); }
  void on_lost(ngx_err_t) noexcept override { lose(); }
  void on_exiting(bool) noexcept override { disconnect(); }

  void connect() noexcept;
  bool greet() noexcept;
  bool say(std::initializer_list<std::string_view> words) noexcept;
  bool on_reply(const RedisReply& reply) noexcept;
  bool refused(const RedisReply& reply) noexcept;
  bool lose() noexcept;
  void disconnect() noexcept;
  void on_timer() noexcept;

  const RedisOptions& options_;
  RedisSentinelListener& listener_;
  ngx_log_t* log_;
  RedisConnection connection_;
  CommandBuffer commands_;
  std::optional<ReplyReader> reader_;
  CircuitBreaker backoff_;
  Step step_ = Step::disconnected;
  std::size_t next_;  // address
  bool heartbeat_unanswered_ = false;
  bool announced_ = false;  // the log has it that it is not granted
  EventTimer timer_;
};

}  // namespace personalize
