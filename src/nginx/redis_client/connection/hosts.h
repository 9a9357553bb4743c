// The addresses of Redis servers that are known by name. Names of the configuration are resolved by
// the system when it is read; those that sentinels and cluster nodes announce, by NGINX's resolver.
// It also resolves a name again after a connection to its server was lost or failed.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/platform/ngx.h"

namespace personalize {

class RedisHostsListener {
 public:
  // Called when an announced name was resolved for the first time.
  virtual void on_resolved() noexcept = 0;

 protected:
  ~RedisHostsListener() = default;
};

class RedisHosts {
 public:
  // The most announced names that are kept.
  static constexpr std::size_t most_announced = 256;

  RedisHosts() = default;
  RedisHosts(const RedisHosts&) = delete;
  RedisHosts& operator=(const RedisHosts&) = delete;

  // Adds a host while the configuration is read. `addresses`, which must stay where they are, are
  // what the system resolved it to; their names are `HOST:PORT`. Throws bad_alloc.
  void add(std::string_view host, in_port_t port, const ngx_addr_t* addresses, std::size_t count);

  // Sets the resolver, which may have no servers; once in each worker.
  void use(ngx_resolver_t* resolver, ngx_msec_t timeout) noexcept;
  // Sets the listener; nullptr for none.
  void set_listener(RedisHostsListener* listener) noexcept { listener_ = listener; }

  // Returns an address of an announced host, named `HOST:PORT`, for a connection. It is kept as
  // long as it is held. nullptr if the name has not been resolved yet, which is asked for.
  std::shared_ptr<const ngx_addr_t> at(const std::string& host, in_port_t port) noexcept;
  // Returns whether that is being asked for.
  bool is_resolving(const std::string& host, in_port_t port) const noexcept;
  bool has_resolver() const noexcept {
    return resolver_ != nullptr && resolver_->connections.nelts != 0;
  }

  // Returns the socket address that `address` now means; its own if its name is not one of these.
  struct Target {
    sockaddr* address;
    socklen_t size;
  };
  Target find(const ngx_addr_t& address) noexcept;

  // Resolves a name again, since its server was lost or cannot be reached. Does nothing if that is
  // under way or was started less than a second ago, for other names, and without a resolver.
  void ask_again(std::string_view name) noexcept;

 private:
  struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
  };

  struct Host {
    RedisHosts* owner = nullptr;
    std::string name;  // HOST:PORT
    std::string host;
    in_port_t port = 0;
    std::vector<const sockaddr*> known;  // what connections have, and find() translates
    std::vector<SocketAddress> current;  // what they stand for; empty until resolved
    bool is_announced = false;
    SocketAddress placeholder;  // of an announced host, in `known` and `address`
    ngx_addr_t address{};
    bool asking = false;
    bool asked = false;
    ngx_msec_t asked_at = 0;
  };

  static SocketAddress copy(const sockaddr* address, socklen_t size) noexcept;
  static bool is_same(const SocketAddress& a, const SocketAddress& b) noexcept;
  // Returns "A:PORT, B:PORT".
  static std::string list(const std::vector<SocketAddress>& addresses);
  static void on_answer(ngx_resolver_ctx_t* context) noexcept;
  void take(Host& host, const ngx_resolver_ctx_t& answer) noexcept;
  void ask(Host& host) noexcept;
  Host* announce(const std::string& host, in_port_t port);
  void forget_unused() noexcept;

  std::vector<std::shared_ptr<Host>> hosts_;
  ngx_resolver_t* resolver_ = nullptr;
  ngx_msec_t timeout_ = 0;
  RedisHostsListener* listener_ = nullptr;
};

}  // namespace personalize
