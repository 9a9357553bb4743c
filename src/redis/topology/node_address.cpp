#include "personalize/redis/node_address.h"

#include <algorithm>

#include "base/text/ascii.h"

namespace personalize {

namespace {

bool is_host_byte(char c) noexcept {
  return ascii::is_letter(c) || ascii::is_digit(c) || c == '.' || c == '-' || c == '_' || c == ':';
}

}  // namespace

std::string NodeAddress::text() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool is_plausible(std::string_view host, std::int64_t port) noexcept {
  return !host.empty() && host.size() <= longest_host && port > 0 && port <= 0xffff &&
         std::all_of(host.begin(), host.end(), is_host_byte);
}

}  // namespace personalize
