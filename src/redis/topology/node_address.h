// Where a server listens, as another server tells it: that may be wrong, or hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace personalize {

// Equal hosts and ports are one server.
struct NodeAddress {
  std::string host;  // an IP address, or a host name
  std::uint16_t port = 0;
  std::string name;  // what redirections call the host where that is something else

  // For messages, and to tell one from another: `127.0.0.1:7000`, `[::1]:7000`.
  std::string text() const;

  // Whether `host:port` means this server.
  bool is(std::string_view other_host, std::uint16_t other_port) const noexcept {
    return port == other_port && (host == other_host || (!name.empty() && name == other_host));
  }
};

// Longer ones are no host names (RFC 1035).
constexpr std::size_t longest_host = 253;

// What can be an address at all: letters, digits, `.`, `-`, `_` and `:`, at most longest_host, and
// a port from 1 to 65535.
bool is_plausible(std::string_view host, std::int64_t port) noexcept;

}  // namespace personalize
