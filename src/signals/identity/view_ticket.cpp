#include "personalize/signals/view_ticket.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>

#include "base/text/base64url.h"

namespace personalize {

namespace {

// Make sure that nothing else that was made with the same key passes for a ticket, or for its key.
constexpr std::string_view key_purpose = "personalize view ticket key 1";
constexpr std::string_view ticket_purpose = "personalize view ticket 2\n";

constexpr std::size_t tag_size = 16;
constexpr std::size_t overhead = ViewTicket::Nonce().size() + tag_size;
constexpr std::size_t max_text = base64url_bytes(ViewTicket::max_size) - overhead;
constexpr std::size_t max_exposures = 2000;
constexpr std::size_t max_path = 256;

// The text of a ticket: 4 bytes of time; the exposures of experiments and those of campaigns, each
// as two strings, and an empty string after either; the path; then, if it is a page view, the
// strings of the session. A string is its length in 2 bytes, and
// its bytes; numbers have the highest byte first.
class Writer {
 public:
  explicit Writer(std::pmr::string& out) noexcept : out_(out) {}

  void number(std::uint64_t n, unsigned bytes) {
    while (bytes-- > 0) {
      out_ += static_cast<char>(n >> (8 * bytes));
    }
  }
  void string(std::string_view s) {
    number(s.size(), 2);
    out_ += s;
  }
  std::size_t size() const noexcept { return out_.size(); }

 private:
  std::pmr::string& out_;
};

class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : rest_(text) {}

  std::uint64_t number(unsigned bytes) noexcept {
    std::uint64_t n = 0;
    for (const char c : take(bytes)) {
      n = n << 8U | static_cast<unsigned char>(c);
    }
    return n;
  }
  std::string_view string() noexcept { return take(number(2)); }
  bool is_at_end() const noexcept { return rest_.empty(); }
  bool has_failed() const noexcept { return has_failed_; }

 private:
  std::string_view take(std::size_t size) noexcept {
    has_failed_ = has_failed_ || size > rest_.size();
    const auto taken = rest_.substr(0, has_failed_ ? 0 : size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
  bool has_failed_ = false;
};

// Calls visit(string) for each string of the session, in the order of the text.
template <class Ticket, class Visit>
void for_each_string(Ticket& ticket, Visit visit) {
  for (auto* s :
       {&ticket.page.item, &ticket.page.category, &ticket.page.brand, &ticket.page.cart_value,
        &ticket.page.cart_items, &ticket.start.referer_host, &ticket.start.utm_source,
        &ticket.start.utm_medium, &ticket.start.utm_campaign, &ticket.start.landing_path}) {
    visit(*s);
  }
}

void write(const ViewTicket& ticket, std::pmr::string& text) {
  constexpr std::size_t length_size = 2;
  constexpr std::size_t strings = 10;
  Writer writer(text);
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

bool read(std::string_view text, ViewTicket& ticket) {
  Reader reader(text);
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

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* bytes(char* p) noexcept {
  return reinterpret_cast<unsigned char*>(p);
}
const unsigned char* bytes(const char* p) noexcept {
  return reinterpret_cast<const unsigned char*>(p);
}

// Tells the cipher what is authenticated beside the text.
bool add_holder(EVP_CIPHER_CTX* cipher, const TicketHolder& holder) noexcept {
  const auto add = [&](std::string_view s) {
    int size = 0;
    return EVP_CipherUpdate(cipher, nullptr, &size, bytes(s.data()), static_cast<int>(s.size())) ==
           1;
  };
  return add(ticket_purpose) && add(holder.host) && add("\n") &&
         (holder.visitor.empty() || add(holder.visitor));
}

bool begin(EVP_CIPHER_CTX* cipher, const TicketKey& key, const char* nonce,
           const TicketHolder& holder, bool encrypts) noexcept {
  return cipher != nullptr &&
         EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), nullptr, key.data(), bytes(nonce),
                           encrypts ? 1 : 0) == 1 &&
         !holder.host.empty() && add_holder(cipher, holder);
}

// Encrypts or decrypts in place.
bool apply(EVP_CIPHER_CTX* cipher, char* text, std::size_t size) noexcept {
  int done = 0;
  return EVP_CipherUpdate(cipher, bytes(text), &done, bytes(text), static_cast<int>(size)) == 1 &&
         static_cast<std::size_t>(done) == size;
}

}  // namespace

std::optional<TicketKey> derive_ticket_key(std::string_view secret) noexcept {
  TicketKey key;
  unsigned size = 0;
  const bool done =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes(key_purpose.data()),
           key_purpose.size(), key.data(), &size) != nullptr &&
      size == key.size();
  return done ? std::optional(key) : std::nullopt;
}

bool seal_ticket(const ViewTicket& ticket, const TicketHolder& holder, const TicketKey& key,
                 std::pmr::string& out) {
  ViewTicket::Nonce nonce;
  if (RAND_bytes(bytes(nonce.data()), static_cast<int>(nonce.size())) != 1) {
    return false;
  }
  std::pmr::string text(out.get_allocator());
  text.reserve(max_text + overhead);
  write(ticket, text);

  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::array<char, tag_size> tag;
  int rest = 0;
  const bool sealed =
      begin(cipher.get(), key, nonce.data(), holder, true) &&
      apply(cipher.get(), text.data(), text.size()) &&
      EVP_CipherFinal_ex(cipher.get(), bytes(tag.data()), &rest) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_size, tag.data()) == 1;
  if (!sealed) {
    return false;
  }
  text.insert(0, nonce.data(), nonce.size());
  text.append(tag.data(), tag.size());
  const std::size_t begin = out.size();
  out.resize(begin + base64url_size(text.size()));
  write_base64url(text, &out[begin]);
  return true;
}

std::optional<ViewTicket> open_ticket(std::string_view sealed, const TicketHolder& holder,
                                      const TicketKey& key, std::int64_t now_s,
                                      std::pmr::memory_resource* memory) {
  ViewTicket ticket(memory);
  const std::size_t size = base64url_bytes(sealed.size());
  if (sealed.size() > ViewTicket::max_size || size <= overhead) {
    return std::nullopt;
  }
  auto* raw = static_cast<char*>(memory->allocate(size, 1));
  if (!read_base64url(sealed, raw)) {
    return std::nullopt;
  }
  char* text = raw + ticket.nonce.size();
  char* tag = raw + size - tag_size;
  const auto text_size = static_cast<std::size_t>(tag - text);
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::array<char, tag_size> end;
  int rest = 0;
  const bool opened = begin(cipher.get(), key, raw, holder, false) &&
                      apply(cipher.get(), text, text_size) &&
                      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag) == 1 &&
                      EVP_CipherFinal_ex(cipher.get(), bytes(end.data()), &rest) == 1;
  if (!opened || !read({text, text_size}, ticket)) {
    return std::nullopt;
  }
  std::copy_n(raw, ticket.nonce.size(), ticket.nonce.begin());
  constexpr std::int64_t tolerance_s = 60;  // between the clocks of servers
  const bool is_timely =
      ticket.issued_s <= now_s + tolerance_s && now_s - ticket.issued_s <= ViewTicket::lifetime_s;
  return is_timely ? std::optional(std::move(ticket)) : std::nullopt;
}

}  // namespace personalize
