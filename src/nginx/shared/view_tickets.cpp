#include "nginx/shared/view_tickets.h"

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
  return fill_random(zone, "tickets of prefetched pages", key.data(), key.size());
}

bool SharedViewTickets::redeem(const ViewTicket& ticket) noexcept {
  std::uint64_t nonce = 0;
  std::memcpy(&nonce, ticket.nonce.data(), sizeof(nonce));
  const Lock lock(*this);
  return tickets().redeemed.note(nonce, ngx_time(), ViewTicket::lifetime_s);
}

}  // namespace personalize
