// Text that only a server can have made, and only a server can read: AES-256-GCM, in base64url. A
// nonce of 96 random bits comes first, a tag of 128 bits last.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "base/text/base64url.h"
#include "personalize/signals/view_ticket.h"

namespace personalize {

constexpr std::size_t seal_overhead = ViewTicket::Nonce().size() + 16;

// Returns how many bytes of text fit into a sealed one of that size.
constexpr std::size_t sealable_bytes(std::size_t sealed) noexcept {
  return base64url_bytes(sealed) - seal_overhead;
}

// Encrypts `text`, which is used up, and appends it to `out`. `purpose` and the holder are
// authenticated with it: nothing that was sealed for another purpose or holder can be opened.
// Returns false, and leaves `out` as it was, if OpenSSL has no randomness or no memory, or there is
// no host. Throws what the strings' memory throws.
bool seal_text(std::string_view purpose, const TicketHolder& holder, const TicketKey& key,
               std::pmr::string& text, std::pmr::string& out);

struct OpenedText {
  std::string_view nonce;
  std::string_view text;
};

// Opens what was sealed so. Returns nothing if it was not. Views into `memory`, whose exceptions
// pass.
std::optional<OpenedText> open_text(std::string_view purpose, const TicketHolder& holder,
                                    const TicketKey& key, std::string_view sealed,
                                    std::pmr::memory_resource* memory);

// Opens a ticket that was sealed so and puts what is in it into a Ticket, by `read(opened,
// ticket)`, which returns whether it is one. Returns nothing if it is none, is larger than
// Ticket::max_size or older than Ticket::lifetime_s. Views into `memory`, whose exceptions pass.
template <class Ticket, class Read>
std::optional<Ticket> open_sealed(std::string_view purpose, const TicketHolder& holder,
                                  const TicketKey& key, std::string_view sealed, std::int64_t now_s,
                                  std::pmr::memory_resource* memory, Read read);

// Returns whether a ticket that was issued then is not too old, nor from the future by more than
// the clocks of servers may differ.
bool is_timely(std::int64_t issued_s, std::int64_t now_s, std::int64_t lifetime_s) noexcept;

template <class Ticket, class Read>
std::optional<Ticket> open_sealed(std::string_view purpose, const TicketHolder& holder,
                                  const TicketKey& key, std::string_view sealed, std::int64_t now_s,
                                  std::pmr::memory_resource* memory, Read read) {
  const auto opened = sealed.size() <= Ticket::max_size
                          ? open_text(purpose, holder, key, sealed, memory)
                          : std::nullopt;
  std::optional<Ticket> ticket;
  if (opened) {
    ticket.emplace(memory);
    if (!read(*opened, *ticket) || !is_timely(ticket->issued_s, now_s, Ticket::lifetime_s)) {
      ticket.reset();
    }
  }
  return ticket;
}

}  // namespace personalize
