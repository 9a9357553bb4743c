#include "signals/identity/sealed_text.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

namespace personalize {

namespace {

constexpr std::size_t nonce_size = ViewTicket::Nonce().size();
constexpr std::size_t tag_size = seal_overhead - nonce_size;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* bytes(char* p) noexcept {
  return reinterpret_cast<unsigned char*>(p);
}
const unsigned char* bytes(const char* p) noexcept {
  return reinterpret_cast<const unsigned char*>(p);
}

// Tells the cipher what is authenticated beside the text.
bool add_holder(EVP_CIPHER_CTX* cipher, std::string_view purpose,
                const TicketHolder& holder) noexcept {
  const auto add = [&](std::string_view s) {
    int size = 0;
    return EVP_CipherUpdate(cipher, nullptr, &size, bytes(s.data()), static_cast<int>(s.size())) ==
           1;
  };
  return add(purpose) && add(holder.host) && add("\n") &&
         (holder.visitor.empty() || add(holder.visitor));
}

bool begin(EVP_CIPHER_CTX* cipher, std::string_view purpose, const TicketKey& key,
           const char* nonce, const TicketHolder& holder, bool encrypts) noexcept {
  return cipher != nullptr &&
         EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), nullptr, key.data(), bytes(nonce),
                           encrypts ? 1 : 0) == 1 &&
         !holder.host.empty() && add_holder(cipher, purpose, holder);
}

// Encrypts or decrypts in place.
bool apply(EVP_CIPHER_CTX* cipher, char* text, std::size_t size) noexcept {
  int done = 0;
  return EVP_CipherUpdate(cipher, bytes(text), &done, bytes(text), static_cast<int>(size)) == 1 &&
         static_cast<std::size_t>(done) == size;
}

}  // namespace

bool seal_text(std::string_view purpose, const TicketHolder& holder, const TicketKey& key,
               std::pmr::string& text, std::pmr::string& out) {
  ViewTicket::Nonce nonce;
  if (RAND_bytes(bytes(nonce.data()), static_cast<int>(nonce.size())) != 1) {
    return false;
  }
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::array<char, tag_size> tag;
  int rest = 0;
  const bool sealed =
      begin(cipher.get(), purpose, key, nonce.data(), holder, true) &&
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

std::optional<OpenedText> open_text(std::string_view purpose, const TicketHolder& holder,
                                    const TicketKey& key, std::string_view sealed,
                                    std::pmr::memory_resource* memory) {
  const std::size_t size = base64url_bytes(sealed.size());
  if (size <= seal_overhead) {
    return std::nullopt;
  }
  auto* raw = static_cast<char*>(memory->allocate(size, 1));
  if (!read_base64url(sealed, raw)) {
    return std::nullopt;
  }
  char* text = raw + nonce_size;
  char* tag = raw + size - tag_size;
  const auto text_size = static_cast<std::size_t>(tag - text);
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::array<char, tag_size> end;
  int rest = 0;
  const bool opened = begin(cipher.get(), purpose, key, raw, holder, false) &&
                      apply(cipher.get(), text, text_size) &&
                      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag) == 1 &&
                      EVP_CipherFinal_ex(cipher.get(), bytes(end.data()), &rest) == 1;
  return opened ? std::optional(OpenedText{{raw, nonce_size}, {text, text_size}}) : std::nullopt;
}

bool is_timely(std::int64_t issued_s, std::int64_t now_s, std::int64_t lifetime_s) noexcept {
  constexpr std::int64_t tolerance_s = 60;  // between the clocks of servers
  return issued_s <= now_s + tolerance_s && now_s - issued_s <= lifetime_s;
}

}  // namespace personalize
