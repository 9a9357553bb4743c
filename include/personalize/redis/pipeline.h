// The commands and replies of one connection, without its socket: what to send, and which command
// a reply answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "personalize/redis/command.h"
#include "personalize/redis/command_buffer.h"
#include "personalize/redis/reply_reader.h"

namespace personalize {

// Redis answers in the order in which it was asked, and only that order tells which command a reply
// is for. So a command stays in line until its reply has come, even if its handler has given up.
class Pipeline {
 public:
  struct Limits {
    ReplyLimits reply;
    std::uint32_t in_flight = 1024;                     // commands without a reply, sent or not
    std::size_t unsent = std::size_t{4} * 1024 * 1024;  // bytes
  };

  // Throws bad_alloc.
  explicit Pipeline(const Limits& limits);

  // Adds a command. `handler` may be null if the reply does not matter. `deadline` is in the
  // caller's time, and not before that of an earlier command with a handler. Returns false and adds
  // nothing if a limit is reached or allocation fails.
  bool add(const std::string_view* words, std::size_t count, RedisCommandHandler* handler,
           std::uint64_t deadline) noexcept;

  // Returns the bytes to send; call sent() with how many of them were.
  std::string_view unsent() const noexcept { return commands_.unsent(); }
  void sent(std::size_t size) noexcept { commands_.sent(size); }

  struct Received {
    enum class Kind : std::uint8_t {
      more,    // all bytes are used up
      reply,   // `reply` is for `handler`
      broken,  // the server violates the protocol; error() says how
    };
    Kind kind = Kind::more;
    RedisCommandHandler* handler = nullptr;  // null: the reply does not matter (any more)
    const RedisReply* reply = nullptr;       // until the next receive()
  };
  // Removes the bytes of at most one reply from the front of `input`. Its command is no longer in
  // line when this returns; the caller calls the handler.
  Received receive(std::string_view& input) noexcept;
  // Says why after Kind::broken, until fail_all() or drop_all().
  std::string_view error() const noexcept { return error_; }

  // Makes sure that `handler` is not called any more.
  void cancel(const RedisCommandHandler& handler) noexcept;

  // Calls on_failure(timeout) of every handler whose deadline is not after `now`; returns how many.
  std::uint32_t expire(std::uint64_t now) noexcept;
  // Returns the earliest deadline of a command that has a handler.
  std::optional<std::uint64_t> next_deadline() noexcept;

  // Call it when the connection is gone. Discards what was not sent and what was half received,
  // then calls on_failure(why) for every command in line. Commands that those calls add are for the
  // next connection.
  void fail_all(RedisFailure why) noexcept;
  // Does the same as fail_all, but calls no handler.
  void drop_all() noexcept;

  std::uint32_t in_flight() const noexcept { return size_; }
  // Returns how many of these have a handler.
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
  std::uint32_t expired_ = 0;  // the first commands of the line, whose handlers have given up
};

}  // namespace personalize
