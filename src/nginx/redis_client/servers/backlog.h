// Commands that wait until their server is known.
#pragma once

#include <cstddef>
#include <deque>
#include <string_view>

#include "nginx/platform/event_timer.h"
#include "nginx/redis_client/redis_client.h"
#include "personalize/record/counters.h"
#include "personalize/redis/command.h"

namespace personalize {

// Used for some time after a worker starts; later, commands go straight to their servers.
class RedisBacklog {
 public:
  // More are refused.
  static constexpr std::size_t most_commands = 1024;

  // `client` sends them in the end. All must outlive this.
  RedisBacklog(RedisClient& client, Counters& counters, ngx_log_t* log) noexcept;
  RedisBacklog(const RedisBacklog&) = delete;
  RedisBacklog& operator=(const RedisBacklog&) = delete;

  // Copies the words, and calls `handler` as RedisClient::send() does, or after `patience` ms,
  // always the same, with a timeout. Returns false if too many wait already or allocation fails.
  bool add(const std::string_view* words, std::size_t count, RedisCommandHandler& handler,
           ngx_msec_t patience) noexcept;
  void cancel(const RedisCommandHandler& handler) noexcept;

  // Sends all, since the servers are known. From the event loop only, as fail_all().
  void send_all() noexcept;
  // Fails all, since the servers will not be known soon.
  void fail_all() noexcept;

 private:
  struct Waiting {
    RedisCommandHandler* handler;  // nullptr: cancelled
    ngx_msec_t deadline;
    CommandCopy command;
  };

  Waiting take_first() noexcept;
  void on_timer() noexcept;

  RedisClient& client_;
  Counters& counters_;
  std::deque<Waiting> commands_;  // ordered by deadline
  EventTimer timer_;
};

}  // namespace personalize
