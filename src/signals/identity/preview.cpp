#include "personalize/signals/preview.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/text/form.h"
#include "signals/cookies.h"
#include "signals/request_fields.h"

namespace personalize {

namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t digest_bytes = 32;
using Signature = std::array<char, 2 * digest_bytes>;

std::optional<std::int64_t> read_seconds(std::string_view text) {
  const auto seconds = read_integer<std::int64_t>(text);
  return seconds > 0 ? seconds : std::nullopt;
}

bool sign_with(std::string_view key, std::string_view host, std::string_view items,
               std::int64_t expires_s, Signature& signature) noexcept {
  // Distinguishes previews from anything else that is signed with the same key.
  constexpr std::string_view purpose = "personalize preview 2\n";
  constexpr std::size_t longest_host = 255;
  std::array<char, purpose.size() + longest_host + 24 + max_preview_items> text;
  std::array<char, longest_host> host_buffer;
  if (items.size() > max_preview_items || host.size() > longest_host) {
    return false;
  }
  std::pmr::monotonic_buffer_resource memory(host_buffer.data(), host_buffer.size(),
                                             std::pmr::null_memory_resource());
  host = host_name(host, &memory);
  if (host.empty()) {
    return false;
  }
  char* end = std::copy(purpose.begin(), purpose.end(), text.data());
  end = std::copy(host.begin(), host.end(), end);
  *end++ = '\n';
  end = std::to_chars(end, end + 20, expires_s).ptr;
  *end++ = '\n';
  end = std::copy(items.begin(), items.end(), end);

  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  const bool made =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()),
           static_cast<std::size_t>(end - text.data()), digest.data(), &size) != nullptr;
  if (!made || size != digest_bytes) {
    return false;
  }
  for (std::size_t i = 0; i < digest_bytes; ++i) {
    signature[2 * i] = digits[digest[i] >> 4];
    signature[2 * i + 1] = digits[digest[i] & 15];
  }
  return true;
}

// Encodes `text` so that decode_argument() returns it.
void append_encoded(std::string_view text, std::pmr::string& out) {
  for (const char c : text) {
    if (ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '_' || c == '.') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
}

}  // namespace

std::optional<PreviewGrant> PreviewSecret::check(std::string_view host, std::string_view items,
                                                 std::string_view expires,
                                                 std::string_view signature,
                                                 std::int64_t now_s) const noexcept {
  const auto expires_s = read_seconds(expires);
  Signature made;
  if (!expires_s || *expires_s <= now_s || *expires_s - now_s > longest_s ||
      signature.size() != made.size()) {
    return std::nullopt;
  }
  bool is_ours = false;
  for (const auto& key : keys_) {
    is_ours = (sign_with(key, host, items, *expires_s, made) &&
               CRYPTO_memcmp(made.data(), signature.data(), made.size()) == 0) ||
              is_ours;
  }
  return is_ours ? std::optional(PreviewGrant{items, *expires_s}) : std::nullopt;
}

// The value is EXPIRES.SIGNATURE.ITEMS.
std::optional<PreviewGrant> PreviewSecret::read_cookie(std::string_view host,
                                                       std::string_view value, std::int64_t now_s,
                                                       std::pmr::memory_resource* memory) const {
  const auto first = value.find('.');
  const auto second = first == std::string_view::npos ? first : value.find('.', first + 1);
  if (second == std::string_view::npos || value.size() > 4 * max_preview_items) {
    return std::nullopt;
  }
  return check(host, decode_argument(value.substr(second + 1), memory), value.substr(0, first),
               value.substr(first + 1, second - first - 1), now_s);
}

std::optional<PreviewGrant> PreviewSecret::find(RequestView& request,
                                                std::pmr::memory_resource* memory,
                                                bool& is_void) const {
  // A request full of cookies must not make us compute more signatures.
  constexpr int most_checks = 64;
  const auto now_s = request.now_ms() / 1000;
  std::optional<PreviewGrant> grant;
  is_void = false;
  for (const auto name : {host_preview_cookie, preview_cookie}) {
    int checks = 0;
    for_each_cookie(request, name, [&](std::string_view value) {
      grant = read_cookie(request.host(), value, now_s, memory);
      return grant || ++checks == most_checks;
    });
    if (grant) {
      is_void = false;
      break;
    }
    is_void = is_void || checks > 0;
  }
  return grant;
}

std::string PreviewSecret::sign(std::string_view host, std::string_view items,
                                std::int64_t expires_s) const {
  Signature made;
  return !keys_.empty() && sign_with(keys_.front(), host, items, expires_s, made)
             ? std::string(made.data(), made.size())
             : std::string();
}

void PreviewSecret::set_cookie(std::string_view host, const PreviewGrant& grant, std::int64_t now_s,
                               bool secure, std::pmr::string& out) const {
  out += secure ? host_preview_cookie : preview_cookie;
  out += '=';
  out += std::to_string(grant.expires_s);
  out += '.';
  out += sign(host, grant.items, grant.expires_s);
  out += '.';
  append_encoded(grant.items, out);
  append_cookie_attributes({{}, secure}, grant.expires_s - now_s, CookieReader::server, out);
}

// A second slash, or a backslash that browsers take for one, would lead to another host.
std::string_view preview_target(std::string_view to) noexcept {
  constexpr std::size_t longest = 2048;
  const bool is_path =
      !to.empty() && to.size() <= longest && to.front() == '/' && to.substr(0, 2) != "//" &&
      std::all_of(to.begin(), to.end(), [](char c) {
        return c > ' ' && c < '\x7f' && c != '\\' && c != '"' && c != '<' && c != '>';
      });
  return is_path ? to : "/";
}

}  // namespace personalize
