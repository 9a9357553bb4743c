// One Redis server as a worker sees it: a pipelined connection that is made when it is first
// needed, kept, made again when it is lost, and not waited for while the server does not answer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/ngx.h"
#include "nginx/redis_connection.h"
#include "personalize/redis.h"
#include "redis/circuit_breaker.h"
#include "redis/pipeline.h"

namespace personalize {

struct RedisOptions {
  std::vector<ngx_addr_t> addresses;  // of the same data; tried in turn. In the cycle's memory.
  std::string name;                   // for messages: the addresses as configured
  std::string user;                   // empty: the default user
  std::string password;               // empty: no AUTH
  int db = 0;
  ngx_msec_t timeout = 50;           // from send() to the reply
  ngx_msec_t connect_timeout = 250;  // until the server has answered AUTH, SELECT and PING
  std::uint32_t max_in_flight = 1024;
  std::size_t max_reply = std::size_t{1024} * 1024;  // bytes of one reply's strings
};

enum class RedisState : std::uint8_t {
  idle,        // not connected, and nothing speaks against it
  connecting,  // commands are taken and wait for it
  connected,
  down,  // commands are refused; probes of our own find out when it is back
};
std::string_view to_string(RedisState state) noexcept;

// Since the worker began.
struct RedisCounts {
  std::uint64_t commands = 0;     // taken by send()
  std::uint64_t refused = 0;      // not taken
  std::uint64_t replies = 0;      // in time
  std::uint64_t errors = 0;       // of these, how many were errors
  std::uint64_t timeouts = 0;     // commands without a reply in time
  std::uint64_t late = 0;         // replies to nobody: to them, or to commands that were cancelled
  std::uint64_t connections = 0;  // made
  std::uint64_t losses = 0;       // connections that failed or were lost
  std::uint64_t downs = 0;        // times that state became `down`
};

class RedisServer final : private RedisConnectionOwner {
 public:
  // `options` are taken as they are; there is at least one address. Connects to nothing yet. `log`
  // must outlive this. Throws bad_alloc.
  RedisServer(RedisOptions options, ngx_log_t* log);

  // Closes. Whoever still waits hears nothing: it is for the end of the worker.
  ~RedisServer();

  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // Sends a command; the words are any bytes and are copied. All commands of one pass of the event
  // loop go out together. True: `handler` is told exactly once, from the event loop, unless it
  // cancels. False, at once, and the handler hears nothing: the server is down, as many commands as
  // allowed are in flight, or memory is out.
  bool send(const std::string_view* words, std::size_t count,
            RedisCommandHandler& handler) noexcept;
  bool send(std::initializer_list<std::string_view> words, RedisCommandHandler& handler) noexcept {
    return send(words.begin(), words.size(), handler);
  }

  // `handler` hears nothing of what it has in flight. The replies are still read, by nobody.
  void cancel(const RedisCommandHandler& handler) noexcept;

  RedisState state() const noexcept;
  std::uint32_t in_flight() const noexcept { return pipeline_.in_flight(); }
  const RedisCounts& counts() const noexcept { return counts_; }
  const std::string& name() const noexcept { return options_.name; }

 private:
  // What is said first on a connection, before any command.
  enum class Greeting : std::uint8_t { auth, select, ping };

  // Why the server is down, as the log has it.
  struct Reason {
    std::array<char, 384> text{};
    bool empty() const noexcept { return text[0] == '\0'; }
  };

  bool on_bytes(std::string_view bytes) noexcept override;
  std::string_view unsent() noexcept override;
  void on_sent(std::size_t size) noexcept override;
  void on_lost(ngx_err_t error) noexcept override;
  void on_exiting(bool now) noexcept override;

  bool connect() noexcept;
  bool open_next_address() noexcept;
  const ngx_addr_t& address() const noexcept;
  bool greet() noexcept;
  bool on_greeting_reply(const RedisReply& reply) noexcept;
  void on_ready() noexcept;
  bool deliver(const Pipeline::Received& received) noexcept;

  void lose(RedisFailure why, const Reason& reason) noexcept;
  void go_down(const Reason& reason) noexcept;
  void disconnect() noexcept;
  void fail_all(RedisFailure why) noexcept;
  bool rest() noexcept;

  void on_connect_timer() noexcept;
  void on_reply_timer() noexcept;
  void on_retry_timer() noexcept;
  template <void (RedisServer::*handler)()>
  void prepare_timer(ngx_event_t& timer) noexcept;

  template <class... Arguments>
  static Reason reason(const char* format, Arguments... arguments) noexcept;
  Reason cannot_connect() const noexcept;
  void log_loss(const Reason& reason) noexcept;
  void log_error_reply(const RedisReply& reply) noexcept;
  void announce_down(const Reason& reason) noexcept;

  RedisOptions options_;
  ngx_log_t* log_;
  Pipeline pipeline_;
  CircuitBreaker breaker_;
  RedisConnection connection_;
  RedisCounts counts_;

  std::size_t first_address_ = 0;  // where a round of connecting begins
  std::size_t tried_ = 0;          // addresses in this round, the current one included
  ngx_err_t connect_error_ = 0;

  std::array<Greeting, 3> greetings_{};
  std::size_t greetings_sent_ = 0;
  std::size_t greetings_answered_ = 0;
  std::size_t greeting_unsent_ = 0;  // bytes; commands wait until it has been answered
  bool ready_ = false;               // every greeting was answered well
  ngx_msec_t ready_at_ = 0;          // when that was
  bool losing_ = false;              // handlers are being told that the connection is lost
  ngx_msec_t failed_at_ = 0;         // when a time-out was last counted

  ngx_connection_t timer_owner_{};  // what NGINX expects to find behind an event
  ngx_event_t connect_timer_{};
  ngx_event_t reply_timer_{};
  ngx_event_t retry_timer_{};

  Reason announced_;  // why it is down, as the log has it already
  ngx_msec_t next_down_log_ = 0;
  ngx_msec_t next_error_log_ = 0;
};

}  // namespace personalize
