// Hands page views to Redis. Nobody waits for what becomes of them.
#pragma once

#include <cstddef>
#include <list>
#include <memory_resource>

#include "nginx/redis_client/redis_client.h"
#include "personalize/record/session_commands.h"

namespace personalize {

class SessionWriter final : private RedisCommandHandler {
 public:
  // `redis` is nullptr where none is configured; it must outlive this.
  explicit SessionWriter(RedisClient* redis);
  ~SessionWriter();
  SessionWriter(const SessionWriter&) = delete;
  SessionWriter& operator=(const SessionWriter&) = delete;

  // `options` must live as long as the configuration; of `view` nothing is kept. Where Redis takes
  // no commands, or too many are under way, nothing is written of it but a counter. Throws
  // bad_alloc.
  void write(const SessionOptions& options, const PageView& view);

 private:
  class Start;

  // Of the commands whose replies matter to nobody.
  void on_reply(const RedisReply& reply) noexcept override;
  void on_failure(RedisFailure why) noexcept override;

  using Starts = std::pmr::list<Start>;

  bool send(const Command& command, RedisCommandHandler& handler) noexcept;
  bool send_all(const std::pmr::vector<Command>& commands, RedisCommandHandler& last) noexcept;
  void finish_command(const RedisReply* reply) noexcept;

  RedisClient* redis_;
  std::size_t in_flight_ = 0;  // commands
  std::pmr::unsynchronized_pool_resource memory_;
  Starts starts_;  // page views of which more may have to be written
};

}  // namespace personalize
