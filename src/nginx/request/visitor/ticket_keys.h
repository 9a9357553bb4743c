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

// Returns the keys of the secret that signs the visitor's id, or the one that all workers share.
inline TicketKeys ticket_keys(ngx_http_request_t* r, const ServerConf& server) noexcept {
  const VisitorRule* visitor = visitor_rule(r, server);
  if (visitor != nullptr && !visitor->ticket_keys.empty()) {
    return {visitor->ticket_keys.data(), visitor->ticket_keys.size()};
  }
  return {&main_conf(r).view_tickets.key(), 1};
}

}  // namespace personalize
