// The budget of new visitors of each client address, in shared memory.
#pragma once

#include <string_view>

#include "nginx/platform/ngx.h"
#include "nginx/shared/zone.h"
#include "personalize/record/newcomers.h"

namespace personalize {

// The parameters of personalize_new_visitors.
struct NewcomerRule {
  bool is_set = false;
  bool is_off = false;
  NewcomerLimits limits;
  ngx_array_t* trusted = nullptr;  // of ngx_cidr_t: addresses without a limit
};

// Returns whether the address has limits.
bool is_limited(const NewcomerRule& rule, sockaddr* address) noexcept;

// Returns the bytes by which an address counts, which live as long as it; none for a Unix socket.
// IPv6 addresses count by their first 64 bits, which one client usually has to itself; those that
// have an IPv4 address inside, by that.
std::string_view identity_of(const sockaddr& address) noexcept;

class SharedNewcomers final : private SharedZone {
 public:
  // Reserves the memory while the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf);

  // Returns whether something may be written about a visitor who comes from that address.
  bool admit(const NewcomerRule& rule, std::string_view visitor, sockaddr* address) noexcept;

 private:
  bool prepare(bool is_fresh, ngx_shm_zone_t& zone) noexcept override;
  Newcomers& newcomers() noexcept { return *static_cast<Newcomers*>(area()); }
};

}  // namespace personalize
