#include "nginx/shared/counters/newcomers.h"

#include <array>
#include <new>

namespace personalize {

bool is_limited(const NewcomerRule& rule, sockaddr* address) noexcept {
  const bool is_trusted =
      rule.trusted != nullptr && ngx_cidr_match(address, rule.trusted) == NGX_OK;
  return !rule.is_off && !is_trusted;
}

std::string_view identity_of(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    return {reinterpret_cast<const char*>(&in.sin_addr), sizeof(in.sin_addr)};
  }
  if (address.sa_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address);
    const auto* bytes = reinterpret_cast<const char*>(&in6.sin6_addr);
    constexpr std::size_t prefix = 8;
    constexpr std::size_t v4_at = 12;
    return IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) ? std::string_view(bytes + v4_at, 4)
                                                : std::string_view(bytes, prefix);
  }
  return {};
}

void SharedNewcomers::add_zone(ngx_conf_t* cf) {
  if (!reserve(cf, "personalize_new_visitors", zone_size(sizeof(Newcomers)))) {
    throw std::bad_alloc();
  }
}

bool SharedNewcomers::prepare(bool is_fresh, ngx_shm_zone_t& zone) noexcept {
  if (!is_fresh) {
    return true;
  }
  std::array<std::uint64_t, 2> seed{};
  if (!fill_random(zone, "personalize_new_visitors", seed.data(), sizeof(seed))) {
    return false;
  }
  (new (area()) Newcomers)->set_seed(seed[0], seed[1]);
  return true;
}

bool SharedNewcomers::admit(const NewcomerRule& rule, std::string_view visitor,
                            sockaddr* address) noexcept {
  if (!is_limited(rule, address)) {
    return true;
  }
  const std::string_view identity = identity_of(*address);
  const Lock lock(*this);
  return newcomers().admit(visitor, identity, ngx_time(), rule.limits);
}

}  // namespace personalize
