// A pipelined connection to a Redis server: connects, authenticates, sends commands, hands out
// replies, and notices when the server no longer answers. Its owner decides whether to try again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "nginx/platform/event_timer.h"
#include "nginx/platform/ngx.h"
#include "nginx/redis_client/connection/connection.h"
#include "nginx/redis_client/connection/text.h"
#include "nginx/redis_client/options.h"
#include "personalize/record/counters.h"
#include "personalize/redis/command.h"
#include "personalize/redis/pipeline.h"

namespace personalize {

class RedisLink;

// Why a link was lost.
struct RedisLoss {
  RedisFailure failure = RedisFailure::unavailable;
  RedisReason reason;
  bool was_working = false;      // for some time: the server may only have been restarted
  bool concerns_server = false;  // not this connection alone
  bool is_demoted = false;       // the server takes no writes: another address may have the master
};

// Owns links. Is called from the event loop; on_loss() also from inside open().
class RedisLinkOwner {
 public:
  virtual void on_ready(RedisLink& link) noexcept = 0;

  // Called when the link is closed. Handlers that still wait are called after this returns.
  virtual void on_loss(RedisLink& link, const RedisLoss& loss) noexcept = 0;

  // Sees each reply before its handler. Returns why the link is to be given up, if it is.
  virtual std::optional<RedisLoss> on_reply(const RedisReply& reply) noexcept = 0;

  // Commands have timed out. Returns true if that has happened so often that the server is to be
  // given up.
  virtual bool on_silence() noexcept = 0;

 protected:
  ~RedisLinkOwner() = default;
};

class RedisLink final : private RedisConnectionOwner {
 public:
  // All must outlive this. Does not connect yet. Throws bad_alloc.
  RedisLink(RedisLinkOwner& owner, const RedisOptions& options, Counters& counters, ngx_log_t* log);

  // Closes. Handlers that still wait are not called.
  ~RedisLink() { disconnect(); }
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  // Starts to connect, to the addresses in turn. Returns false if that failed at once; then the
  // owner has been called.
  bool open() noexcept;

  // Sends a command as RedisServer::send() does; the link must be open. Returns false if a limit is
  // reached. With `asking`, a cluster's node is to execute it although the slot is still moving
  // there.
  bool add(const std::string_view* words, std::size_t count, RedisCommandHandler& handler,
           bool asking) noexcept;

  void cancel(const RedisCommandHandler& handler) noexcept { pipeline_.cancel(handler); }

  // Closes, then calls all handlers that wait, and not the owner. Not from inside a call of this.
  void drop(RedisFailure why) noexcept;

  // Begins the next round of connecting with the address after the current one.
  void skip_address() noexcept;

  bool is_open() const noexcept { return connection_.is_open(); }
  bool is_ready() const noexcept { return ready_; }  // all greetings succeeded
  std::uint32_t in_flight() const noexcept { return pipeline_.in_flight(); }
  std::uint32_t waiting() const noexcept { return pipeline_.waiting(); }

  // Returns false while it is open, and until the time that pause() has set.
  bool may_open() noexcept;
  void pause(ngx_msec_t until) noexcept;

 private:
  // The commands that begin a connection.
  enum class Greeting : std::uint8_t { auth, select, readonly, role, ping };

  bool on_bytes(std::string_view bytes) noexcept override;
  std::string_view unsent() noexcept override;
  void on_sent(std::size_t size) noexcept override;
  void on_lost(ngx_err_t error) noexcept override;
  void on_exiting(bool now) noexcept override;

  bool open_next_address() noexcept;
  const ngx_addr_t& address() const noexcept;
  bool greet() noexcept;
  bool on_greeting_reply(const RedisReply& reply) noexcept;
  bool refuse(Greeting greeting, const RedisReply& reply) noexcept;
  void become_ready() noexcept;
  bool deliver(const Pipeline::Received& received) noexcept;

  void lose(const RedisLoss& loss) noexcept;
  void fail_all(RedisFailure why) noexcept;
  void disconnect() noexcept;
  bool keep_unless_exiting() noexcept;
  RedisReason cannot_connect() const noexcept;

  void on_connect_timer() noexcept;
  void on_reply_timer() noexcept;
  bool is_given_up_for_silence() noexcept;

  RedisLinkOwner& owner_;
  const RedisOptions& options_;
  Counters& counters_;
  ngx_log_t* log_;
  Pipeline pipeline_;
  RedisConnection connection_;

  std::size_t first_address_ = 0;  // of a round of connecting
  std::size_t tried_ = 0;          // addresses in this round, with the current one
  ngx_err_t connect_error_ = 0;

  std::array<Greeting, 5> greetings_{};
  std::size_t greetings_sent_ = 0;
  std::size_t greetings_answered_ = 0;
  std::size_t greeting_unsent_ = 0;  // bytes; commands wait for the replies
  bool ready_ = false;
  ngx_msec_t ready_at_ = 0;     // since when
  std::uint32_t silences_ = 0;  // time-outs since the last reply; simultaneous ones are one
  ngx_msec_t silent_at_ = 0;    // when the last one was counted
  bool failing_ = false;        // handlers are being called
  bool paused_ = false;
  ngx_msec_t paused_until_ = 0;

  EventTimer connect_timer_;
  EventTimer reply_timer_;
};

}  // namespace personalize
