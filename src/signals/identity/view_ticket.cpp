#include "personalize/signals/view_ticket.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "signals/identity/packed_text.h"
#include "signals/identity/sealed_text.h"

namespace personalize {

namespace {

// Make sure that nothing else that was made with the same key passes for a ticket, or for its key.
constexpr std::string_view key_purpose = "personalize view ticket key 1";
constexpr std::string_view ticket_purpose = "personalize view ticket 3\n";

constexpr std::size_t max_text = sealable_bytes(ViewTicket::max_size);
constexpr std::size_t max_exposures = 2000;
constexpr std::size_t max_path = 256;

// Calls visit(string) for each string of the session, in the order of the text.
template <class Ticket, class Visit>
void for_each_string(Ticket& ticket, Visit visit) {
  for (auto* s :
       {&ticket.page.item, &ticket.page.category, &ticket.page.brand, &ticket.page.cart_value,
        &ticket.page.cart_items, &ticket.page.type, &ticket.page.price, &ticket.page.order,
        &ticket.page.order_value, &ticket.start.referer_host, &ticket.start.utm_source,
        &ticket.start.utm_medium, &ticket.start.utm_campaign, &ticket.start.landing_path,
        &ticket.page.order_items}) {
    visit(*s);
  }
  for (auto& s : ticket.page.counts) {
    visit(s);
  }
  for (auto& s : ticket.start.args) {
    visit(s);
  }
}

// The text of a ticket: 4 bytes of time; the exposures of experiments and those of campaigns, each
// as two strings, and an empty string after either; the path; then, if it is a page view, the
// strings of the session (packed_text.h).
void write(const ViewTicket& ticket, std::pmr::string& text) {
  constexpr std::size_t length_size = 2;
  constexpr std::size_t strings = 15 + SessionNames::most_counts + SessionNames::most_args;
  PackedWriter writer(text);
  writer.number(static_cast<std::uint64_t>(ticket.issued_s), 4);
  for (const auto* list : {&ticket.exposures, &ticket.campaigns}) {
    for (const auto& [name, variant] : *list) {
      if (writer.size() + name.size() + variant.size() <= max_exposures) {
        writer.string(name);
        writer.string(variant);
      }
    }
    writer.string({});
  }
  writer.string(ticket.path.substr(0, max_path));
  if (!ticket.is_view) {
    return;
  }
  std::size_t room = max_text - writer.size() - strings * length_size;
  for_each_string(ticket, [&](std::string_view s) {
    s = s.size() <= room ? s : std::string_view();
    room -= s.size();
    writer.string(s);
  });
}

bool read(const OpenedText& opened, ViewTicket& ticket) {
  std::copy(opened.nonce.begin(), opened.nonce.end(), ticket.nonce.begin());
  PackedReader reader(opened.text);
  ticket.issued_s = static_cast<std::int64_t>(reader.number(4));
  for (auto* list : {&ticket.exposures, &ticket.campaigns}) {
    for (auto name = reader.string(); !name.empty(); name = reader.string()) {
      list->emplace_back(name, reader.string());
    }
  }
  ticket.path = reader.string();
  ticket.is_view = !reader.is_at_end();
  if (ticket.is_view) {
    for_each_string(ticket, [&](std::string_view& s) { s = reader.string(); });
  }
  return reader.is_at_end() && !reader.has_failed();
}

}  // namespace

std::optional<TicketKey> derive_ticket_key(std::string_view secret) noexcept {
  TicketKey key;
  unsigned size = 0;
  const auto* purpose = reinterpret_cast<const unsigned char*>(key_purpose.data());
  const bool done = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), purpose,
                         key_purpose.size(), key.data(), &size) != nullptr &&
                    size == key.size();
  return done ? std::optional(key) : std::nullopt;
}

bool seal_ticket(const ViewTicket& ticket, const TicketHolder& holder, const TicketKey& key,
                 std::pmr::string& out) {
  std::pmr::string text(out.get_allocator());
  text.reserve(max_text + seal_overhead);
  write(ticket, text);
  return seal_text(ticket_purpose, holder, key, text, out);
}

std::optional<ViewTicket> open_ticket(std::string_view sealed, const TicketHolder& holder,
                                      const TicketKey& key, std::int64_t now_s,
                                      std::pmr::memory_resource* memory) {
  return open_sealed<ViewTicket>(ticket_purpose, holder, key, sealed, now_s, memory, read);
}

}  // namespace personalize
