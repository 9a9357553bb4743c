// A ticket in a prefetched page, by which the page is counted when it is looked at: a prefetch is
// not counted, and a page that was prefetched is not asked for a second time.
//
// The runtime script finds the ticket in the page and hands it in (beacon.h). It contains what
// would have been counted, which is not known from the report alone. It is encrypted and
// authenticated (AES-256-GCM), together with the host and the visitor to whom it was given, and
// encoded in base64url: a nonce of 96 random bits, which also distinguishes tickets, the text, and
// a tag of 128 bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "personalize/signals/session_start.h"

namespace personalize {

struct ViewTicket {
  static constexpr std::size_t max_size = 4000;  // of one that is sealed
  static constexpr std::int64_t lifetime_s = 3600;

  using Nonce = std::array<char, 12>;
  using Exposure = std::pair<std::string_view, std::string_view>;  // an experiment, and its variant

  explicit ViewTicket(std::pmr::memory_resource* memory) noexcept
      : exposures(memory), campaigns(memory) {}

  // It is a page view of a known visitor.
  bool is_view = false;
  SessionStart start;
  SessionPage page;
  std::pmr::vector<Exposure> exposures;
  // Campaigns that are kept from some visitors, with whether they were from this one.
  std::pmr::vector<Exposure> campaigns;
  std::string_view path;  // of the page

  std::int64_t issued_s = 0;  // seconds since 1970
  Nonce nonce{};              // set by opening
};

// The host and visitor to whom a ticket was given. The same must hand it in.
struct TicketHolder {
  std::string_view host;     // as the browser sends it
  std::string_view visitor;  // the id; "" for none
};

using TicketKey = std::array<unsigned char, 32>;

// Derives the key of tickets from one that signs visitors' ids, so that servers which share that
// take each other's tickets. Returns nothing if OpenSSL fails.
std::optional<TicketKey> derive_ticket_key(std::string_view secret) noexcept;

// Appends the ticket to `out`. What does not fit is left out: exposures beyond 2000 bytes, the path
// if it is long, then what is long of the session. Returns false, and leaves `out` as it was, if
// OpenSSL has no randomness or no memory. Throws what the string's memory throws.
bool seal_ticket(const ViewTicket& ticket, const TicketHolder& holder, const TicketKey& key,
                 std::pmr::string& out);

// Opens a ticket that was sealed with the key. Returns nothing if it was not, was given to another
// host or visitor, or is older than `lifetime_s`. Views into `memory`, whose exceptions pass.
std::optional<ViewTicket> open_ticket(std::string_view sealed, const TicketHolder& holder,
                                      const TicketKey& key, std::int64_t now_s,
                                      std::pmr::memory_resource* memory);

}  // namespace personalize
