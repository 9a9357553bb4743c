// Redis as the rest of the module sees it, be it one server, a cluster, or what sentinels watch
// over.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "nginx/redis_options.h"
#include "personalize/redis.h"

namespace personalize {

class RedisClient {
 public:
  virtual ~RedisClient() = default;

  // Sends a command to the server that has its key; the words are any bytes and are copied. All
  // commands of one pass of the event loop go out together. True: `handler` is told exactly once,
  // from the event loop, unless it cancels. False, at once, and the handler hears nothing: the
  // server is down, as many commands as allowed are in flight, or memory is out.
  virtual bool send(const std::string_view* words, std::size_t count,
                    RedisCommandHandler& handler) noexcept = 0;
  bool send(std::initializer_list<std::string_view> words, RedisCommandHandler& handler) noexcept {
    return send(words.begin(), words.size(), handler);
  }

  // `handler` hears nothing of what it has in flight. The replies are still read, by nobody.
  virtual void cancel(const RedisCommandHandler& handler) noexcept = 0;

  // Of all servers together.
  virtual const RedisCounts& counts() const noexcept = 0;
};

}  // namespace personalize
