#include "personalize/signals/claim_ticket.h"

#include <cstring>
#include <limits>

#include "base/siphash.h"
#include "base/text/base64url.h"
#include "signals/identity/packed_text.h"
#include "signals/identity/sealed_text.h"

namespace personalize {

namespace {

constexpr std::string_view purpose = "personalize claim ticket 1\n";
constexpr std::string_view mark_purpose = "personalize claim mark 1\n";
constexpr std::size_t max_bytes = sealable_bytes(ClaimTicket::max_size);
constexpr std::uint32_t no_limit = std::numeric_limits<std::uint32_t>::max();

// The text of a ticket: 4 bytes of time, the campaign, the pool, 4 bytes of keep_s; then of each
// prize its code, its text, and 4 bytes of stock.
void write(const ClaimTicket& ticket, std::pmr::string& text) {
  PackedWriter writer(text);
  writer.number(static_cast<std::uint64_t>(ticket.issued_s), 4);
  writer.string(ticket.campaign);
  writer.string(ticket.pool);
  writer.number(static_cast<std::uint64_t>(ticket.keep_s), 4);
  for (const auto& prize : ticket.prizes) {
    writer.string(prize.code);
    writer.string(prize.text);
    writer.number(prize.stock.value_or(no_limit), 4);
  }
}

bool read(const OpenedText& opened, ClaimTicket& ticket) {
  PackedReader reader(opened.text);
  ticket.issued_s = static_cast<std::int64_t>(reader.number(4));
  ticket.campaign = reader.string();
  ticket.pool = reader.string();
  ticket.keep_s = static_cast<std::int64_t>(reader.number(4));
  while (!reader.is_at_end() && !reader.has_failed()) {
    ClaimTicket::Prize& prize = ticket.prizes.emplace_back();
    prize.code = reader.string();
    prize.text = reader.string();
    const auto stock = static_cast<std::uint32_t>(reader.number(4));
    prize.stock = stock == no_limit ? std::nullopt : std::optional(stock);
  }
  return !reader.has_failed();
}

}  // namespace

bool seal_claim(const ClaimTicket& ticket, const TicketHolder& holder, const TicketKey& key,
                std::pmr::string& out) {
  std::pmr::string text(out.get_allocator());
  write(ticket, text);
  return text.size() <= max_bytes && seal_text(purpose, holder, key, text, out);
}

void append_claim_mark(const ClaimTicket& ticket, const TicketHolder& holder, const TicketKey& key,
                       std::pmr::string& out) {
  std::pmr::string text(mark_purpose, out.get_allocator());
  PackedWriter writer(text);
  for (const auto part : {holder.host, holder.visitor, ticket.campaign}) {
    writer.string(part);
  }
  std::uint64_t words[2];
  static_assert(sizeof(words) <= sizeof(key));
  std::memcpy(words, key.data(), sizeof(words));
  const std::uint64_t hash = siphash(words[0], words[1], text);
  char bytes[sizeof(hash)];
  std::memcpy(bytes, &hash, sizeof(hash));
  char mark[base64url_size(sizeof(hash))];
  write_base64url({bytes, sizeof(bytes)}, mark);
  out += '.';
  out.append(mark, sizeof(mark));
}

std::optional<ClaimTicket> open_claim(std::string_view sealed, const TicketHolder& holder,
                                      const TicketKey& key, std::int64_t now_s,
                                      std::pmr::memory_resource* memory) {
  sealed = sealed.substr(0, sealed.find('.'));
  return open_sealed<ClaimTicket>(purpose, holder, key, sealed, now_s, memory, read);
}

}  // namespace personalize
