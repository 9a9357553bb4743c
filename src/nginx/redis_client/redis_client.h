// Redis as the rest of the module sees it, be it one server, a cluster, or what sentinels watch
// over.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "nginx/redis_client/options.h"
#include "personalize/record/redis_status.h"
#include "personalize/redis/command.h"

namespace personalize {

class RedisNode;

// Who wants to know which servers are read from.
class RedisTopologyListener {
 public:
  // They are there until the next call.
  virtual void on_servers(const std::vector<RedisNode*>& servers) noexcept = 0;

 protected:
  ~RedisTopologyListener() = default;
};

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

  // Has `listener`, which must outlive this, told of the servers whenever there are others. One
  // server that stands alone stays what it is, and tells nothing.
  virtual void set_topology_listener(RedisTopologyListener& listener) noexcept { (void)listener; }

  // Adds what is known of each server, as long as nothing else is called. Throws bad_alloc.
  virtual void add_status(std::pmr::vector<RedisServerStatus>& servers) const = 0;

  // Something speaks against what is known of the servers: it is soon asked for again.
  virtual void reconsider() noexcept {}
};

}  // namespace personalize
