// A connection that is subscribed to one channel, watched by a heartbeat, and made again when it is
// lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "nginx/platform/event_timer.h"
#include "nginx/redis_client/connection/connection.h"
#include "nginx/redis_client/connection/text.h"
#include "nginx/redis_client/options.h"
#include "personalize/redis/circuit_breaker.h"
#include "personalize/redis/command_buffer.h"
#include "personalize/redis/reply_reader.h"

namespace personalize {

// Is called from the event loop; on_open() and on_lost() also from inside begin().
class RedisSubscriber {
 public:
  // Called when a connection is being made. Calls subscribe(), or sends commands to be answered
  // before.
  virtual void on_open() noexcept = 0;

  // Called when a command was answered by something other than a status like `OK`.
  virtual void on_answer(const RedisReply&) noexcept {}

  // Called when messages come from now on. `is_news`: on_lost() has said why there were none.
  virtual void on_subscribed(bool is_news) noexcept { (void)is_news; }

  // Called when a message was published to the channel.
  virtual void on_message(const RedisReply& payload) noexcept = 0;

  // Called when no messages come from now on: the connection was lost or the subscription has
  // ended.
  virtual void on_unsubscribed() noexcept {}

  // Called when the connection could not be made or was lost; it will be tried again. `news` is the
  // reason; nullptr if it is not to be logged, since it has been or is logged elsewhere.
  virtual void on_lost(const RedisReason* news) noexcept = 0;

  // Returns what to do about an error reply.
  virtual const char* remedy(std::string_view error) const noexcept = 0;

 protected:
  ~RedisSubscriber() = default;
};

class RedisSubscription final : private RedisConnectionOwner {
 public:
  // Tries the addresses of `options` in turn. `channel` is a literal; `limits` are those of a
  // message. All must outlive this.
  RedisSubscription(const RedisOptions& options, std::string_view channel,
                    const ReplyLimits& limits, RedisSubscriber& subscriber, ngx_log_t* log);
  ~RedisSubscription() { end(); }
  RedisSubscription(const RedisSubscription&) = delete;
  RedisSubscription& operator=(const RedisSubscription&) = delete;

  // Connects, and keeps connected until end().
  void begin() noexcept { connect(); }
  void end() noexcept;

  // Sends a command before subscribe(). It has no answer if the connection is lost meanwhile.
  void send(const std::string_view* words, std::size_t count) noexcept;
  void send(std::initializer_list<std::string_view> words) noexcept {
    send(words.begin(), words.size());
  }
  void subscribe() noexcept;

  // Gives the connection up because of a reply of the server.
  void lose(const RedisReason& why) noexcept;

 private:
  enum class Step : std::uint8_t { disconnected, preparing, subscribing, subscribed };

  bool on_bytes(std::string_view bytes) noexcept override;
  std::string_view unsent() noexcept override { return commands_.unsent(); }
  void on_sent(std::size_t size) noexcept override { commands_.sent(size); }
  void on_lost(ngx_err_t error) noexcept override;
  void on_exiting(bool) noexcept override { end(); }

  void connect() noexcept;
  bool open_address() noexcept;
  void on_reply(const RedisReply& reply) noexcept;
  void on_subscribed() noexcept;
  void on_timer() noexcept;

  void refused(const RedisReply& reply) noexcept;
  void retry() noexcept;
  void disconnect() noexcept;

  const RedisOptions& options_;
  std::string_view channel_;
  ReplyLimits limits_;
  RedisSubscriber& subscriber_;
  RedisConnection connection_;
  CommandBuffer commands_;
  std::optional<ReplyReader> reader_;
  CircuitBreaker backoff_;
  Step step_ = Step::disconnected;
  std::size_t address_ = 0;  // the one in use or next, modulo their number
  std::size_t tried_ = 0;    // addresses in this round of connecting
  bool heartbeat_unanswered_ = false;
  bool announced_ = false;  // on_lost() has said why there are no messages
  EventTimer timer_;
};

}  // namespace personalize
