// The addresses of Redis servers that are configured by name: resolved by the system when the
// configuration is read, and again by NGINX's resolver after a connection was lost or failed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nginx/ngx.h"

namespace personalize {

class RedisHosts {
 public:
  RedisHosts() = default;
  RedisHosts(const RedisHosts&) = delete;
  RedisHosts& operator=(const RedisHosts&) = delete;

  // Adds a host while the configuration is read. `addresses`, which must stay where they are, are
  // what the system resolved it to; their names are `HOST:PORT`. Throws bad_alloc.
  void add(std::string_view host, in_port_t port, const ngx_addr_t* addresses, std::size_t count);

  // Sets the resolver, which may have no servers; once in each worker.
  void use(ngx_resolver_t* resolver, ngx_msec_t timeout) noexcept;

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
    std::vector<const sockaddr*> known;  // as the configuration has them
    std::vector<SocketAddress> current;  // not empty
    bool asking = false;
    bool asked = false;
    ngx_msec_t asked_at = 0;
  };

  static SocketAddress copy(const sockaddr* address, socklen_t size) noexcept;
  static void on_answer(ngx_resolver_ctx_t* context) noexcept;
  void take(Host& host, const ngx_resolver_ctx_t& answer) noexcept;
  Host* host_of(std::string_view name) noexcept;

  std::vector<Host> hosts_;
  ngx_resolver_t* resolver_ = nullptr;
  ngx_msec_t timeout_ = 0;
};

}  // namespace personalize
