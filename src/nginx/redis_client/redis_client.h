// Redis as the rest of the module sees it: one server, a cluster, or a master and its replicas that
// sentinels watch.
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

// Wants to know which servers are read from.
class RedisTopologyListener {
 public:
  // Called with the servers, which live until the next call.
  virtual void on_servers(const std::vector<RedisNode*>& servers) noexcept = 0;

 protected:
  ~RedisTopologyListener() = default;
};

class RedisClient {
 public:
  virtual ~RedisClient() = default;

  // Sends a command to the server that has its key; the words are any bytes and are copied. All
  // commands of one pass of the event loop go out together. If this returns true, `handler` is
  // called exactly once, from the event loop, unless it cancels. If it returns false, the handler
  // is not called: the server is down, too many commands are in flight, or allocation failed.
  virtual bool send(const std::string_view* words, std::size_t count,
                    RedisCommandHandler& handler) noexcept = 0;
  bool send(std::initializer_list<std::string_view> words, RedisCommandHandler& handler) noexcept {
    return send(words.begin(), words.size(), handler);
  }

  // Makes sure that `handler` is not called for what it has in flight. The replies are still read,
  // and discarded.
  virtual void cancel(const RedisCommandHandler& handler) noexcept = 0;

  // Sets the listener, which must outlive this. It is called with the servers whenever they change;
  // those of a standalone server never do.
  virtual void set_topology_listener(RedisTopologyListener& listener) noexcept { (void)listener; }

  // Adds the status of each server; it refers to this, and is valid until anything else is called.
  // Throws bad_alloc.
  virtual void add_status(std::pmr::vector<RedisServerStatus>& servers) const = 0;

  // Call it when what is known of the servers may be wrong: it is soon asked for again.
  virtual void reconsider() noexcept {}
};

}  // namespace personalize
