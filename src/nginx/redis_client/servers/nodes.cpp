#include "nginx/redis_client/servers/nodes.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "nginx/platform/memory.h"
#include "nginx/redis_client/connection/hosts.h"
#include "nginx/redis_client/connection/text.h"

namespace personalize {

namespace {

constexpr ngx_msec_t log_interval = 10000;

// Returns the size of the socket address; 0 if the host is not a numeric address. Does not resolve
// names, which would block the worker.
socklen_t numeric_address(const NodeAddress& address, ngx_sockaddr_t& socket) noexcept {
  socket = {};
  if (inet_pton(AF_INET, address.host.c_str(), &socket.sockaddr_in.sin_addr) == 1) {
    socket.sockaddr_in.sin_family = AF_INET;
    socket.sockaddr_in.sin_port = htons(address.port);
    return sizeof(socket.sockaddr_in);
  }
  if (inet_pton(AF_INET6, address.host.c_str(), &socket.sockaddr_in6.sin6_addr) == 1) {
    socket.sockaddr_in6.sin6_family = AF_INET6;
    socket.sockaddr_in6.sin6_port = htons(address.port);
    return sizeof(socket.sockaddr_in6);
  }
  return 0;
}

// A socket address with a name of its own.
struct NamedSocket {
  std::string name;
  ngx_sockaddr_t socket;
  ngx_addr_t address;
};

std::shared_ptr<const ngx_addr_t> named_socket(std::string name, const ngx_sockaddr_t& socket,
                                               socklen_t size) {
  auto named = std::make_shared<NamedSocket>();
  named->name = std::move(name);
  named->socket = socket;
  named->address = {&named->socket.sockaddr, size, ngx_view(named->name)};
  return {named, &named->address};
}

RedisOptions options_of(const RedisOptions& common, const NodeAddress& address,
                        const ngx_addr_t& socket) {
  RedisOptions options = common;
  options.name = address.port == 0 ? address.host : address.text();
  options.addresses.assign(1, socket);
  return options;
}

}  // namespace

RedisNode::RedisNode(NodeAddress address, std::shared_ptr<const ngx_addr_t> socket,
                     const RedisOptions& options, Counters& counters, RedisLossListener* listener,
                     ngx_log_t* log)
    : address_(std::move(address)),
      socket_(std::move(socket)),
      options_(options_of(options, address_, *socket_)),
      server_(options_, counters, listener, log) {}

RedisNode* RedisNodes::at(const NodeAddress& address) noexcept {
  if (RedisNode* node = find(address)) {
    return node;
  }
  try {
    ngx_sockaddr_t socket;
    if (const socklen_t size = numeric_address(address, socket)) {
      const std::string& host = address.name.empty() ? address.host : address.name;
      return add(address, named_socket(NodeAddress{host, address.port, {}}.text(), socket, size));
    }
    if (!options_.hosts->has_resolver()) {
      log_unreachable(address);
    } else if (auto resolved = options_.hosts->at(address.host, address.port)) {
      return add(address, std::move(resolved));
    }
  } catch (const std::bad_alloc&) {
    // Treated as an unusable address.
  }
  return nullptr;
}

bool RedisNodes::is_resolving(const NodeAddress& address) const noexcept {
  return options_.hosts->is_resolving(address.host, address.port);
}

RedisNode* RedisNodes::at_seed(const ngx_addr_t& seed) noexcept {
  const RedisHosts::Target target = options_.hosts->find(seed);
  std::array<u_char, NGX_SOCKADDR_STRLEN> text;
  const std::size_t length =
      ngx_sock_ntop(target.address, target.size, text.data(), text.size(), 0);
  try {
    const NodeAddress address{std::string(reinterpret_cast<char*>(text.data()), length),
                              static_cast<std::uint16_t>(ngx_inet_get_port(target.address)),
                              {}};
    if (RedisNode* node = find(address)) {
      return node;
    }
    ngx_sockaddr_t socket{};
    std::memcpy(&socket, target.address, std::min<std::size_t>(target.size, sizeof(socket)));
    return add(address, named_socket(std::string(view(seed.name)), socket, target.size));
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

RedisNode* RedisNodes::find(const NodeAddress& address) const noexcept {
  const auto found = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& node) {
    return node->address().is(address.host, address.port);
  });
  return found != nodes_.end() ? found->get() : nullptr;
}

RedisNode* RedisNodes::add(const NodeAddress& address, std::shared_ptr<const ngx_addr_t> socket) {
  if (unknown() >= most_unknown) {
    return nullptr;
  }
  nodes_.push_back(std::make_unique<RedisNode>(address, std::move(socket), options_, counters_,
                                               listener_, log_));
  return nodes_.back().get();
}

void RedisNodes::set_roles(const std::vector<RedisNode*>& masters,
                           const std::vector<RedisNode*>& replicas) noexcept {
  for (const auto& node : nodes_) {
    node->role = RedisRole::unknown;
  }
  for (RedisNode* node : replicas) {
    node->role = RedisRole::replica;
  }
  for (RedisNode* node : masters) {
    node->role = RedisRole::master;
  }
}

void RedisNodes::sweep() noexcept {
  const auto is_unused = [](const auto& node) {
    return node->role == RedisRole::unknown && node->server().in_flight() == 0;
  };
  nodes_.erase(std::remove_if(nodes_.begin(), nodes_.end(), is_unused), nodes_.end());
}

void RedisNodes::cancel(const RedisCommandHandler& handler) noexcept {
  for (const auto& node : nodes_) {
    node->server().cancel(handler);
  }
}

void RedisNodes::add_status(std::pmr::vector<RedisServerStatus>& servers) const {
  for (const auto& node : nodes_) {
    if (node->role != RedisRole::unknown) {
      servers.push_back(node->server().status(node->role));
    }
  }
}

std::size_t RedisNodes::unknown() const noexcept {
  return static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(), [](const auto& node) {
    return node->role == RedisRole::unknown;
  }));
}

void RedisNodes::log_unreachable(const NodeAddress& address) noexcept {
  if (!is_due(next_log_)) {
    return;
  }
  next_log_ = ngx_current_msec + log_interval;
  ngx_log_error(NGX_LOG_ERR, log_, 0,
                "personalize: redis server %s: the host name \"%s\" that it announces needs a "
                "resolver directive in http; or let the servers announce addresses "
                "(cluster-preferred-endpoint-type ip, sentinel announce-hostnames no)",
                options_.name.c_str(), Printable(address.host).c_str());
}

}  // namespace personalize
