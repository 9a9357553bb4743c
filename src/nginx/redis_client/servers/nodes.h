// The servers that a cluster or sentinels have told of, each once.
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
  // `socket` is where `address` is; `name`, HOST:PORT, is what TLS knows it by. For the rest see
  // RedisServer; throws what that throws.
  RedisNode(NodeAddress address, std::string name, const ngx_sockaddr_t& socket, socklen_t size,
            const RedisOptions& options, Counters& counters, RedisLossListener* listener,
            ngx_log_t* log);
  RedisNode(const RedisNode&) = delete;
  RedisNode& operator=(const RedisNode&) = delete;

  const NodeAddress& address() const noexcept { return address_; }
  // Those that all have in common, with this address. Of use as long as this.
  const RedisOptions& options() const noexcept { return options_; }
  RedisServer& server() noexcept { return server_; }
  const RedisServer& server() const noexcept { return server_; }

  RedisRole role = RedisRole::unknown;
  // Since when it has said nothing but that it cannot answer now.
  std::optional<ngx_msec_t> refuses_since;

 private:
  NodeAddress address_;
  std::string name_;
  ngx_sockaddr_t socket_;
  RedisOptions options_;
  RedisServer server_;
};

class RedisNodes {
 public:
  // So many that are not among the servers now are kept.
  static constexpr std::size_t most_unknown = 64;

  // All must outlive this; `options` are common to all nodes, but for the addresses.
  RedisNodes(const RedisOptions& options, Counters& counters, RedisLossListener* listener,
             ngx_log_t* log) noexcept
      : options_(options), counters_(counters), listener_(listener), log_(log) {}

  // The node at that address, made where there is none yet. nullptr where the address is not a
  // numeric one, where there are too many, and where memory is out. Connects to nothing.
  RedisNode* at(const NodeAddress& address) noexcept;
  // The same for an address of the configuration: of a Unix socket, or where its name now leads to.
  RedisNode* at_seed(const ngx_addr_t& seed) noexcept;

  // Those, by their roles, are the servers now; the roles of all others become unknown.
  void set_roles(const std::vector<RedisNode*>& masters,
                 const std::vector<RedisNode*>& replicas) noexcept;

  // Ends those whose role is unknown and that owe no reply. Not from inside a call of one of them.
  void sweep() noexcept;

  void cancel(const RedisCommandHandler& handler) noexcept;

  // Of those that are among the servers now. Throws bad_alloc.
  void add_status(std::pmr::vector<RedisServerStatus>& servers) const;

 private:
  RedisNode* find(const NodeAddress& address) const noexcept;
  RedisNode* add(const NodeAddress& address, std::string name, const ngx_sockaddr_t& socket,
                 socklen_t size);
  std::size_t unknown() const noexcept;
  void say_unreachable(const NodeAddress& address) noexcept;

  const RedisOptions& options_;
  Counters& counters_;
  RedisLossListener* listener_;
  ngx_log_t* log_;
  std::vector<std::unique_ptr<RedisNode>> nodes_;
  ngx_msec_t next_log_ = 0;
};

}  // namespace personalize
