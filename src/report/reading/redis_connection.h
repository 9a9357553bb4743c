// A connection to Redis that waits for its answers.
#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/report/event.h"
#include "personalize/report/reading.h"

namespace personalize::report {

struct ReplyDeleter {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, ReplyDeleter>;

class RedisConnection {
 public:
  // Connects, authenticates and selects the database. Throws ReadError.
  explicit RedisConnection(const RedisAddress& address);

  // Moves to the node of a cluster that has the key. Throws ReadError.
  void follow(const std::string& key);

  // Sends a command of these words and returns the answer, which may be an error. Throws ReadError
  // if there is none.
  Reply ask(const std::vector<std::string_view>& words);
  // Does the same; an error is thrown as ReadError.
  Reply command(const std::vector<std::string_view>& words);

  // Sends a command whose answer receive() will return; errors are thrown as ReadError.
  void send(const std::vector<std::string_view>& words);
  Reply receive();

  // Where it is connected to, for messages.
  const std::string& name() const noexcept { return name_; }

 private:
  void connect();
  Reply next_reply();

  struct ContextDeleter {
    void operator()(redisContext* context) const noexcept { redisFree(context); }
  };
  RedisAddress address_;
  std::string name_;
  std::unique_ptr<redisContext, ContextDeleter> context_;
};

inline std::string_view text_of(const redisReply& reply) noexcept {
  return reply.str == nullptr ? std::string_view() : std::string_view(reply.str, reply.len);
}

// Reads the field/value pairs of a stream's entry into the event. Returns what is wrong, or
// nullptr.
const char* read_event_entry(const redisReply& pairs, Event& event);

}  // namespace personalize::report
