// The keys with which a server's tickets are sealed (view_ticket.h, claim_ticket.h).
#pragma once

#include <cstddef>

#include "nginx/config/configuration.h"

namespace personalize {

// Tickets are made with the first of them, and opened with any.
struct TicketKeys {
  const TicketKey* first;
  std::size_t count;

  const TicketKey* begin() const noexcept { return first; }
  const TicketKey* end() const noexcept { return first + count; }
};

// Returns the keys of the server's own secret, or the one that all workers share.
inline TicketKeys ticket_keys(ngx_http_request_t* r, const ServerConf& server) noexcept {
  if (server.visitor != nullptr && !server.visitor->ticket_keys.empty()) {
    return {server.visitor->ticket_keys.data(), server.visitor->ticket_keys.size()};
  }
  return {&main_conf(r).view_tickets.key(), 1};
}

}  // namespace personalize
