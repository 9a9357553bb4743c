#include "personalize/signals/visitor.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/text/base64url.h"
#include "base/text/percent.h"
#include "personalize/signals/person.h"
#include "signals/cookies.h"
#include "signals/identity/hmac.h"

namespace personalize {

namespace {

constexpr std::size_t max_id = 128;
constexpr std::size_t random_bytes = 16;

using Signature = std::array<char, base64url_size(Hmac::Digest().size())>;

// Distinguishes visitors from anything else that is signed with the same key.
constexpr std::string_view purpose = "personalize visitor 1\n";

// Letters, digits and marks that mean nothing in a cookie, a header, a word of a log line, a Redis
// key (`:` between its parts, `{` `}` around a hash tag), a shell or a pattern.
constexpr std::string_view plain_marks = "-._@+=/";

bool is_id(std::string_view s, std::string_view marks) {
  return !s.empty() && s.size() <= max_id && std::all_of(s.begin(), s.end(), [&](char c) {
    return ascii::is_letter(c) || ascii::is_digit(c) ||
           plain_marks.find(c) != std::string_view::npos || marks.find(c) != std::string_view::npos;
  });
}

void write_hex(const Hmac::Digest& digest, char* out) {
  for (const unsigned char byte : digest) {
    *out++ = "0123456789abcdef"[byte >> 4U];
    *out++ = "0123456789abcdef"[byte & 15U];
  }
}

}  // namespace

// HMAC-SHA256 with each of the keys, keyed once.
class VisitorCookie::Keys {
 public:
  Keys(const std::vector<std::string>& keys, const Where& where) {
    for (const auto& key : keys) {
      Hmac hmac(key);
      if (!hmac.is_usable()) {
        throw ConfigError(where,
                          "OpenSSL has no HMAC-SHA256, which signs visitor ids: check its "
                          "configuration (openssl.cnf), or leave out secret_file");
      }
      keys_.push_back(std::move(hmac));
    }
  }

  // Signs with the first key.
  bool sign(std::string_view id, Signature& signature) const {
    return compute(keys_.front(), id, signature);
  }

  // Returns whether `signature` is that of the text for `purpose` with one of the keys, in hex.
  bool verify_hex(std::string_view purpose, std::string_view text,
                  std::string_view signature) const {
    Hmac::Digest digest;
    std::array<char, 2 * digest.size()> expected;
    return signature.size() == expected.size() &&
           std::any_of(keys_.begin(), keys_.end(), [&](const Hmac& key) {
             if (!key.compute(purpose, text, digest)) {
               return false;
             }
             write_hex(digest, expected.data());
             return CRYPTO_memcmp(expected.data(), signature.data(), expected.size()) == 0;
           });
  }

  bool verify(std::string_view id, std::string_view signature) const {
    Signature expected;
    return signature.size() == expected.size() &&
           std::any_of(keys_.begin(), keys_.end(), [&](const Hmac& key) {
             return compute(key, id, expected) &&
                    CRYPTO_memcmp(expected.data(), signature.data(), expected.size()) == 0;
           });
  }

 private:
  static bool compute(const Hmac& key, std::string_view id, Signature& signature) {
    Hmac::Digest digest;
    if (!key.compute(purpose, id, digest)) {
      return false;
    }
    write_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()},
                    signature.data());
    return true;
  }

  std::vector<Hmac> keys_;
};

Visitor visitor_from_variable(std::string_view value) noexcept {
  const bool has_control = std::any_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
  });
  Visitor visitor;
  // Users may choose names that applications take for ids.
  const bool is_of_person = ascii::starts_with(value, person_key_head);
  if (!value.empty() && value.size() <= max_id && !has_control && !is_of_person) {
    visitor.id = value;
    visitor.is_new = false;
  }
  return visitor;
}

VisitorCookie::VisitorCookie(const VisitorOptions& options, const std::vector<std::string>& keys,
                             const Where& where)
    : options_(options), keys_(keys.empty() ? nullptr : new Keys(keys, where)) {
  attributes_ = "; Path=/";
  if (!options.domain.empty()) {
    attributes_ += "; Domain=" + options.domain;
  }
  if (options.max_age_s > 0) {
    attributes_ += "; Max-Age=" + std::to_string(options.max_age_s);
  }
  attributes_ += "; SameSite=" + options.same_site;
  if (options.http_only) {
    attributes_ += "; HttpOnly";
  }
}

VisitorCookie::~VisitorCookie() = default;

bool VisitorCookie::is_signed() const {
  return keys_ != nullptr;
}

VisitorCookieState VisitorCookie::read(RequestView& request, std::pmr::memory_resource* memory,
                                       Visitor& visitor) const noexcept try {
  // Each check costs one signature per key, some microseconds in all: more cookies than a request
  // ordinarily has room for must not make us compute more.
  constexpr int most_checks = 64;
  int checks = 0;
  auto state = VisitorCookieState::absent;
  for_each_cookie(request, options_.cookie, [&](std::string_view value) {
    const auto one = check(value, memory, visitor, checks);
    // A malformed cookie beside a forged one must not hide it.
    state =
        state == VisitorCookieState::forged && one == VisitorCookieState::malformed ? state : one;
    return one == VisitorCookieState::valid || checks >= most_checks;
  });
  return state;
} catch (const std::bad_alloc&) {
  return VisitorCookieState::absent;
}

VisitorCookieState VisitorCookie::check(std::string_view value, std::pmr::memory_resource* memory,
                                        Visitor& visitor, int& checks) const {
  constexpr std::size_t longest = 768;  // longer values are not ids, encoded or not
  const bool is_encoded = value.size() <= longest && value.find('%') != std::string_view::npos;
  if (!keys_) {
    return check_text(is_encoded ? percent_decode(value, memory) : value, visitor, checks);
  }
  const auto state = check_text(value, visitor, checks);
  return is_encoded && state != VisitorCookieState::valid
             ? check_text(percent_decode(value, memory), visitor, checks)
             : state;
}

VisitorCookieState VisitorCookie::check_text(std::string_view value, Visitor& visitor,
                                             int& checks) const noexcept {
  auto id = value;
  if (keys_) {
    const auto dot = value.rfind('.');
    if (dot == std::string_view::npos) {
      return VisitorCookieState::malformed;
    }
    id = value.substr(0, dot);
    const auto signature = value.substr(dot + 1);
    if (is_id(id, signable_id_marks)) {
      checks += signature.size() == std::tuple_size_v<Signature> ? 1 : 0;
      if (!keys_->verify(id, signature)) {
        return VisitorCookieState::forged;
      }
    }
  }
  if (!is_id(id, keys_ ? signable_id_marks : std::string_view(options_.id_marks))) {
    return VisitorCookieState::malformed;
  }
  visitor.id = id;
  visitor.is_new = false;
  visitor.verified = keys_ != nullptr;
  return VisitorCookieState::valid;
}

bool VisitorCookie::is_asked_by_server(const ServerAsking& asking,
                                       std::int64_t now_s) const noexcept try {
  const auto expires_s = read_integer<std::int64_t>(asking.expires);
  if (!keys_ || !expires_s || *expires_s <= now_s || *expires_s - now_s > ServerAsking::longest_s ||
      !is_id(asking.visitor, signable_id_marks)) {
    return false;
  }
  std::string text;
  for (const auto part : {asking.host, asking.expires, asking.visitor}) {
    text += part;
    text += '\n';
  }
  text += asking.path;
  return keys_->verify_hex("personalize slots 1\n", text, asking.signature);
} catch (const std::bad_alloc&) {
  return false;
}

bool VisitorCookie::issue(std::pmr::memory_resource* memory, Visitor& visitor) const noexcept {
  std::array<unsigned char, random_bytes> random;
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    return false;
  }
  std::array<char, base64url_size(random_bytes)> text;
  write_base64url({reinterpret_cast<const char*>(random.data()), random.size()}, text.data());
  try {
    auto* id = static_cast<char*>(memory->allocate(text.size(), 1));
    std::copy(text.begin(), text.end(), id);
    visitor = {{id, text.size()}, true, false};
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool VisitorCookie::set_cookie(std::string_view id, bool secure,
                               std::pmr::string& out) const noexcept {
  const std::size_t before = out.size();
  try {
    out.append(options_.cookie).append("=").append(id);
    if (keys_) {
      Signature signature;
      if (!keys_->sign(id, signature)) {
        out.resize(before);
        return false;
      }
      out.append(".").append(signature.data(), signature.size());
    }
    out.append(attributes_);
    if (secure || has_secure_prefix(options_.cookie)) {
      out.append("; Secure");
    }
    return true;
  } catch (const std::exception&) {
    out.resize(before);
    return false;
  }
}

void VisitorCookie::remove_cookie(const CookieScope& scope, std::pmr::string& out) const {
  append_cookie_removal(options_.cookie, scope, out,
                        options_.http_only ? CookieReader::server : CookieReader::script,
                        options_.same_site);
}

}  // namespace personalize
