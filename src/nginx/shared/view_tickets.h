// What servers share of the tickets of prefetched pages: a key, and which were handed in.
#pragma once

#include "nginx/shared/zone.h"
#include "personalize/record/once_table.h"
#include "personalize/signals/view_ticket.h"

namespace personalize {

class SharedViewTickets final : private SharedZone {
 public:
  // Reserves the memory while the configuration is read. Throws bad_alloc.
  void add_zone(ngx_conf_t* cf);

  // A random key for servers that have no secret of their own. It lives until NGINX is stopped.
  const TicketKey& key() const noexcept { return tickets().key; }

  // Returns false if the ticket was handed in before.
  bool redeem(const ViewTicket& ticket) noexcept;

 private:
  struct Tickets {
    TicketKey key;
    // By the nonce, whose random bits only a server can have made. A client that has others
    // forgotten had many pages counted, and could as well have asked for one more.
    OnceTable<4096> redeemed;
  };

  bool prepare(bool is_fresh, ngx_shm_zone_t& zone) noexcept override;
  Tickets& tickets() const noexcept { return *static_cast<Tickets*>(area()); }
};

}  // namespace personalize
