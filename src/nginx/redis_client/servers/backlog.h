// Commands that wait until it is known which server they go to.
#pragma once

#include <cstddef>
#include <deque>
#include <string_view>

#include "nginx/event_timer.h"
#include "nginx/redis_client/redis_client.h"
#include "personalize/record/counters.h"
#include "personalize/redis/command.h"

namespace personalize {

// For the time after a worker's start; later, commands go straight to their servers.
class RedisBacklog {
 public:
  // More do not wait.
  static constexpr std::size_t most_commands = 1024;

  // `client` is who sends them in the end. All must outlive this.
  RedisBacklog(RedisClient& client, Counters& counters, ngx_log_t* log) noexcept;
  RedisBacklog(const RedisBacklog&) = delete;
  RedisBacklog& operator=(const RedisBacklog&) = delete;

  // Copies the words, and tells `handler` as RedisClient::send() does: after `patience` ms, always
  // the same number, that it was a timeout. False where too many wait already or memory is out.
  bool add(const std::string_view* words, std::size_t count, RedisCommandHandler& handler,
           ngx_msec_t patience) noexcept;
  void cancel(const RedisCommandHandler& handler) noexcept;

  // Both from the event loop only. It is known: all are sent. It will not be known soon: all fail.
  void send_all() noexcept;
  void fail_all() noexcept;

 private:
  struct Waiting {
    RedisCommandHandler* handler;  // nullptr: nobody waits any more
    ngx_msec_t deadline;
    CommandCopy command;
  };

  Waiting take_first() noexcept;
  void on_timer() noexcept;

  RedisClient& client_;
  Counters& counters_;
  std::deque<Waiting> commands_;  // by their deadlines
  EventTimer timer_;
};

}  // namespace personalize
