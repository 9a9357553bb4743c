// One pipelined connection to a Redis server: connects, says who we are, sends commands and hands
// out replies, and notices when it is of no more use. Whether to try again is its owner's matter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "nginx/event_timer.h"
#include "nginx/ngx.h"
#include "nginx/redis_client/connection/connection.h"
#include "nginx/redis_client/connection/text.h"
#include "nginx/redis_client/options.h"
#include "personalize/record/record.h"
#include "personalize/redis/command.h"
#include "personalize/redis/pipeline.h"

namespace personalize {

class RedisLink;

// What a link's commands were lost for.
struct RedisLoss {
  RedisFailure failure = RedisFailure::unavailable;
  RedisReason reason;
  bool was_working = false;      // for a while: the server may only have been restarted
  bool concerns_server = false;  // and not this connection alone
};

// What has a link. Calls come from the event loop; on_loss() also from inside open().
class RedisLinkOwner {
 public:
  virtual void on_ready(RedisLink& link) noexcept = 0;

  // The link is closed. Those who still wait are told after this returns.
  virtual void on_loss(RedisLink& link, const RedisLoss& loss) noexcept = 0;

  // A reply that somebody waits for, before he is told. Where it says that the server is of no use,
  // the reason; the link is then lost for it.
  virtual std::optional<RedisReason> on_reply(const RedisReply& reply) noexcept = 0;

  // Commands have timed out. True where it has come so often that the link is to be lost for it.
  virtual bool on_silence() noexcept = 0;

 protected:
  ~RedisLinkOwner() = default;
};

class RedisLink final : private RedisConnectionOwner {
 public:
  // All must outlive this. Connects to nothing yet. Throws bad_alloc.
  RedisLink(RedisLinkOwner& owner, const RedisOptions& options, Counters& counters, ngx_log_t* log);

  // Closes. Whoever still waits hears nothing.
  ~RedisLink() { disconnect(); }
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  // Begins to connect, to the addresses in turn. False where that failed at once, which the owner
  // was told.
  bool open() noexcept;

  // Adds a command, see RedisServer::send(); the link is open. False where a limit is reached. With
  // `asking`, the node of a cluster is to run it although the slot is only on its way there.
  bool add(const std::string_view* words, std::size_t count, RedisCommandHandler& handler,
           bool asking) noexcept;

  void cancel(const RedisCommandHandler& handler) noexcept { pipeline_.cancel(handler); }

  // Closes, then tells all who wait. Tells the owner nothing. Not from inside a call of this link.
  void drop(RedisFailure why) noexcept;

  bool is_open() const noexcept { return connection_.is_open(); }
  bool is_ready() const noexcept { return ready_; }  // every greeting was answered well
  std::uint32_t in_flight() const noexcept { return pipeline_.in_flight(); }
  std::uint32_t waiting() const noexcept { return pipeline_.waiting(); }

  // Whether to open() it makes sense: not while it is open, and not before it is let off the bench.
  bool may_open() noexcept;
  void bench(ngx_msec_t until) noexcept;

 private:
  // What is said first on a connection, before any command.
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
  bool rest() noexcept;
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

  std::size_t first_address_ = 0;  // where a round of connecting begins
  std::size_t tried_ = 0;          // addresses in this round, the current one included
  ngx_err_t connect_error_ = 0;

  std::array<Greeting, 5> greetings_{};
  std::size_t greetings_sent_ = 0;
  std::size_t greetings_answered_ = 0;
  std::size_t greeting_unsent_ = 0;  // bytes; commands wait until it has been answered
  bool ready_ = false;
  ngx_msec_t ready_at_ = 0;     // when that was
  std::uint32_t silences_ = 0;  // time-outs since the last reply; such as come together are one
  ngx_msec_t silent_at_ = 0;    // when the last one was counted
  bool failing_ = false;        // those who wait are being told
  bool benched_ = false;
  ngx_msec_t benched_until_ = 0;

  EventTimer connect_timer_;
  EventTimer reply_timer_;
};

}  // namespace personalize
