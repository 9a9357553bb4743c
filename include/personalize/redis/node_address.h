// The address of a server as another server reports it, which may be wrong or hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace personalize {

// Equal hosts and ports are one server.
struct NodeAddress {
  std::string host;  // an IP address or a host name
  std::uint16_t port = 0;
  std::string name;  // what redirections call the host, if that is not `host`

  // Returns `127.0.0.1:7000` or `[::1]:7000`, for messages and as an identity.
  std::string text() const;

  // Returns whether `other_host:other_port` means this server.
  bool is(std::string_view other_host, std::uint16_t other_port) const noexcept {
    return port == other_port && (host == other_host || (!name.empty() && name == other_host));
  }
};

// The longest host name (RFC 1035).
constexpr std::size_t longest_host = 253;

// Returns whether that can be an address at all: letters, digits, `.`, `-`, `_` and `:`, at most
// longest_host, and a port from 1 to 65535.
bool is_plausible(std::string_view host, std::int64_t port) noexcept;

}  // namespace personalize
