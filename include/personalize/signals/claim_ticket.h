// A ticket in a page, by which its visitor claims what a campaign gives: a code, or a prize.
//
// The runtime script finds it in the widget (data-pz-claim) and hands it in. What can be claimed is
// in it, since codes are not to be read in the page before, and what a page offered holds, whatever
// becomes of the configuration. It is encrypted and authenticated together with the host and the
// visitor to whom it was given, as view tickets are (view_ticket.h).
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/signals/view_ticket.h"

namespace personalize {

struct ClaimTicket {
  static constexpr std::size_t max_size = 8000;  // of one that is sealed
  static constexpr std::int64_t lifetime_s = 86400;
  static constexpr std::size_t max_pool = 512;  // bytes of a pool's key
  static constexpr std::size_t max_code = 256;  // and of a prize
  static constexpr std::size_t max_text = 1024;

  struct Prize {
    std::string_view code;  // "pool=KEY": one of that pool; "": the prize has none
    std::string_view text;
    std::optional<std::uint32_t> stock;  // nothing: as many as are claimed
  };

  explicit ClaimTicket(std::pmr::memory_resource* memory) noexcept : prizes(memory) {}

  std::string_view campaign;
  std::string_view pool;           // the key of its codes; "" if it gives prizes
  std::int64_t keep_s = 0;         // how long Redis keeps the claim; 0: for ever
  std::pmr::vector<Prize> prizes;  // the visitor gets the first of which there is one
  std::int64_t issued_s = 0;       // seconds since 1970
};

// Appends the ticket to `out`. Returns false, and leaves `out` as it was, if it would be too large,
// or OpenSSL has no randomness or no memory. Throws what the string's memory throws.
bool seal_claim(const ClaimTicket& ticket, const TicketHolder& holder, const TicketKey& key,
                std::pmr::string& out);

// Appends what stands behind the ticket in a page: a dot, and a mark by which the runtime script
// knows again what it was given for one like it. The mark is the same as long as the holder, the
// campaign and the key are, and tells nothing of them. Throws what the string's memory throws.
void append_claim_mark(const ClaimTicket& ticket, const TicketHolder& holder, const TicketKey& key,
                       std::pmr::string& out);

// Opens a ticket that was sealed with the key, with or without a mark behind it. Returns nothing if
// it was not, was given to another host or visitor, or is older than `lifetime_s`. Views into
// `memory`, whose exceptions pass.
std::optional<ClaimTicket> open_claim(std::string_view sealed, const TicketHolder& holder,
                                      const TicketKey& key, std::int64_t now_s,
                                      std::pmr::memory_resource* memory);

}  // namespace personalize
