// A command to Redis: who waits for its reply, and a copy of its words for sending it later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/redis/reply.h"

namespace personalize {

// Why a command has no reply.
enum class RedisFailure : std::uint8_t {
  unavailable,  // not connected, or the connection was lost
  timeout,      // no reply in time; a late one is discarded
  protocol,     // the server's bytes are not Redis's protocol, or exceed the limits
};

// Waits for the reply to one command. Its owner keeps it alive until it has been called, or cancels
// the command first.
class RedisCommandHandler {
 public:
  // Exactly one of the two is called, once, and never from inside the call that sends the command;
  // neither after the command was cancelled. Both may send further commands and cancel others.
  // `reply` lives until the function returns.
  virtual void on_reply(const RedisReply& reply) noexcept = 0;
  virtual void on_failure(RedisFailure why) noexcept = 0;

 protected:
  ~RedisCommandHandler() = default;
};

// The words of a command. They are owned by someone else.
using Command = std::pmr::vector<std::string_view>;

// Returns whether a replica can answer the command, since it only reads.
bool is_read(std::string_view command) noexcept;

// The words of a command, kept because it may have to be sent later or once more.
class CommandCopy {
 public:
  // Copies the words, which are any bytes, into `memory`, which must outlive this. Throws
  // bad_alloc.
  CommandCopy(const std::string_view* words, std::size_t count, std::pmr::memory_resource& memory);

  CommandCopy(CommandCopy&&) noexcept = default;
  CommandCopy(const CommandCopy&) = delete;
  CommandCopy& operator=(CommandCopy&&) = delete;
  CommandCopy& operator=(const CommandCopy&) = delete;
  ~CommandCopy() = default;

  // Live as long as this, also after it has been moved.
  const std::string_view* words() const noexcept { return words_.data(); }
  std::size_t count() const noexcept { return words_.size(); }

 private:
  std::pmr::vector<char> bytes_;
  std::pmr::vector<std::string_view> words_;  // refer to bytes_
};

}  // namespace personalize
