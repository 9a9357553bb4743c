// One connection's commands and replies, without the connection: which bytes to send, and whose
// reply is which.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "personalize/redis/redis.h"
#include "redis/protocol/command_buffer.h"
#include "redis/protocol/reply_reader.h"

namespace personalize {

// Redis answers in the order in which it was asked; nothing but that order says which command a
// reply is for. So a command stays in line until its reply has come, also when nobody waits for it
// any more.
class Pipeline {
 public:
  struct Limits {
    ReplyLimits reply;
    std::uint32_t in_flight = 1024;  // commands sent or to be sent, and not answered
    std::size_t unsent = std::size_t{4} * 1024 * 1024;  // bytes
  };

  // Throws bad_alloc.
  explicit Pipeline(const Limits& limits);

  // Adds a command. `handler` may be null: nobody waits. `deadline` is in the caller's time and not
  // before that of an earlier command with a handler. False, and nothing added, where a limit is
  // reached or memory is out.
  bool add(const std::string_view* words, std::size_t count, RedisCommandHandler* handler,
           std::uint64_t deadline) noexcept;

  // What is to be sent; sent() says how much of it was.
  std::string_view unsent() const noexcept { return commands_.unsent(); }
  void sent(std::size_t size) noexcept { commands_.sent(size); }

  struct Received {
    enum class Kind : std::uint8_t {
      more,    // all bytes are used up
      reply,   // `reply` is for `handler`
      broken,  // the server does not keep to the protocol; error() says how
    };
    Kind kind = Kind::more;
    RedisCommandHandler* handler = nullptr;  // null: nobody waits for it any more
    const RedisReply* reply = nullptr;       // until the next receive()
  };
  // Takes the bytes of at most one reply off the front of `input`. The command is no longer in
  // line when this returns; calling the handler is left to the caller.
  Received receive(std::string_view& input) noexcept;
  // After Kind::broken, until fail_all() or drop_all().
  std::string_view error() const noexcept { return error_; }

  // Nobody waits any more for what `handler` was to be told.
  void cancel(const RedisCommandHandler& handler) noexcept;

  // Calls on_failure(timeout) of every handler whose deadline is not after `now`; returns how many.
  std::uint32_t expire(std::uint64_t now) noexcept;
  // The earliest deadline of a command that somebody waits for.
  std::optional<std::uint64_t> next_deadline() noexcept;

  // The connection is gone: forgets what was to be sent and what was half received, makes ready for
  // the next one, then calls on_failure(why) for all that were in line. Commands that those calls
  // add are for the next connection.
  void fail_all(RedisFailure why) noexcept;
  // As fail_all, and calls nobody.
  void drop_all() noexcept;

  std::uint32_t in_flight() const noexcept { return size_; }
  // Of these, how many somebody waits for.
  std::uint32_t waiting() const noexcept { return waiting_; }

 private:
  struct Command {
    RedisCommandHandler* handler = nullptr;
    std::uint64_t deadline = 0;
  };

  Command& at(std::uint32_t i) noexcept { return line_[(first_ + i) % line_.size()]; }
  Command pop() noexcept;
  void restart() noexcept;

  Limits limits_;
  CommandBuffer commands_;
  std::optional<ReplyReader> reader_;
  std::string_view error_;
  std::vector<Command> line_;  // a ring of limits_.in_flight
  std::uint32_t first_ = 0;    // in line_
  std::uint32_t size_ = 0;
  std::uint32_t waiting_ = 0;
  std::uint32_t expired_ = 0;  // nobody waits for these first commands of the line
};

}  // namespace personalize
