// The servers whose addresses a cluster or sentinels have announced, each once.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/redis_client/servers/server.h"
#include "personalize/record/counters.h"
#include "personalize/redis/node_address.h"

namespace personalize {

class RedisNode {
 public:
  // `socket` is what to connect to; its name, HOST:PORT, is what TLS verifies. For the rest see
  // RedisServer; throws what that throws.
  RedisNode(NodeAddress address, std::shared_ptr<const ngx_addr_t> socket,
            const RedisOptions& options, Counters& counters, RedisLossListener* listener,
            ngx_log_t* log);
  RedisNode(const RedisNode&) = delete;
  RedisNode& operator=(const RedisNode&) = delete;

  const NodeAddress& address() const noexcept { return address_; }
  // Returns the options that all have in common with this address. They live as long as this.
  const RedisOptions& options() const noexcept { return options_; }
  RedisServer& server() noexcept { return server_; }
  const RedisServer& server() const noexcept { return server_; }

  RedisRole role = RedisRole::unknown;
  // Since when it has answered only that it cannot answer now.
  std::optional<ngx_msec_t> refuses_since;

 private:
  NodeAddress address_;
  std::shared_ptr<const ngx_addr_t> socket_;
  RedisOptions options_;
  RedisServer server_;
};

class RedisNodes {
 public:
  // The most that are kept while they are not among the servers.
  static constexpr std::size_t most_unknown = 64;

  // All must outlive this. `options` are common to all nodes, except for the addresses.
  RedisNodes(const RedisOptions& options, Counters& counters, RedisLossListener* listener,
             ngx_log_t* log) noexcept
      : options_(options), counters_(counters), listener_(listener), log_(log) {}

  // Returns the node at that address, which is made if there is none yet, without connecting.
  // nullptr if the host's name has not been resolved yet or cannot be, there are too many nodes, or
  // allocation fails.
  RedisNode* at(const NodeAddress& address) noexcept;
  // Returns the same for an address of the configuration: a Unix socket, or what its name now
  // resolves to.
  RedisNode* at_seed(const ngx_addr_t& seed) noexcept;

  // Returns whether the name of that host is being resolved.
  bool is_resolving(const NodeAddress& address) const noexcept;

  // Sets who the servers are now; the roles of all others become unknown.
  void set_roles(const std::vector<RedisNode*>& masters,
                 const std::vector<RedisNode*>& replicas) noexcept;

  // Removes nodes whose role is unknown and that owe no reply. Not from inside a call of one of
  // them.
  void sweep() noexcept;

  void cancel(const RedisCommandHandler& handler) noexcept;

  // Adds the status of those that are among the servers now. Throws bad_alloc.
  void add_status(std::pmr::vector<RedisServerStatus>& servers) const;

 private:
  RedisNode* find(const NodeAddress& address) const noexcept;
  RedisNode* add(const NodeAddress& address, std::shared_ptr<const ngx_addr_t> socket);
  std::size_t unknown() const noexcept;
  void log_unreachable(const NodeAddress& address) noexcept;

  const RedisOptions& options_;
  Counters& counters_;
  RedisLossListener* listener_;
  ngx_log_t* log_;
  std::vector<std::unique_ptr<RedisNode>> nodes_;
  ngx_msec_t next_log_ = 0;
};

}  // namespace personalize
