#include "nginx/shared/view_tickets.h"

#include <sys/random.h>

#include <cstring>

namespace personalize {

void SharedViewTickets::add_zone(ngx_conf_t* cf) {
  if (!reserve(cf, "personalize_view_tickets", zone_size(sizeof(Tickets)))) {
    throw std::bad_alloc();
  }
}

bool SharedViewTickets::prepare(bool is_fresh, ngx_shm_zone_t& zone) noexcept {
  if (!is_fresh) {
    return true;
  }
  TicketKey& key = (new (area()) Tickets)->key;
  if (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    ngx_log_error(NGX_LOG_EMERG, zone.shm.log, ngx_errno,
                  "tickets of prefetched pages: the system gave no random bytes");
    return false;
  }
  return true;
}

bool SharedViewTickets::redeem(const ViewTicket& ticket) noexcept {
  std::uint64_t nonce = 0;
  std::memcpy(&nonce, ticket.nonce.data(), sizeof(nonce));
  const Lock lock(*this);
  return tickets().redeemed.redeem(nonce, ngx_time(), ViewTicket::lifetime_s);
}

}  // namespace personalize
