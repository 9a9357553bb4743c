#include "personalize/signals/person.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

#include "base/text/ascii.h"
#include "base/text/base64url.h"
#include "base/text/copy.h"
#include "signals/identity/hmac.h"

namespace personalize {

namespace {

constexpr std::size_t digest_bytes = 16;  // of the 32 that SHA-256 has
using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

bool digest(std::string_view text, Digest& out) noexcept {
  return EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr) == 1;
}

bool is_id(std::string_view value) noexcept {
  return !value.empty() && value.size() <= longest_person_id &&
         std::none_of(value.begin(), value.end(),
                      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

}  // namespace

Person person_from_variable(std::string_view value, std::pmr::memory_resource* memory) {
  constexpr std::string_view digits = "0123456789abcdef";
  Digest hash;
  if (!is_id(value) || !digest(value, hash)) {
    return {};
  }
  std::array<char, person_key_head.size() + 2 * digest_bytes + 1> key;
  char* end = std::copy(person_key_head.begin(), person_key_head.end(), key.data());
  for (std::size_t i = 0; i < digest_bytes; ++i) {
    *end++ = digits[hash[i] >> 4U];
    *end++ = digits[hash[i] & 0xFU];
  }
  *end = '}';
  return {value, copy_text({key.data(), key.size()}, memory)};
}

bool read_merges(std::string_view value, PersonMerges& merges) noexcept {
  merges = {false, false, false, false};
  if (value == "off" || value.empty() || value.back() == ',') {
    return value == "off";
  }
  const std::pair<std::string_view, bool*> words[] = {{"session", &merges.session},
                                                      {"caps", &merges.caps},
                                                      {"offers", &merges.offers},
                                                      {"answers", &merges.answers}};
  do {
    const auto word = ascii::take_until(value, ',');
    const auto* known = std::find_if(std::begin(words), std::end(words),
                                     [&](const auto& one) { return one.first == word; });
    if (known == std::end(words) || *known->second) {
      return false;
    }
    *known->second = true;
  } while (!value.empty());
  return true;
}

std::string_view person_mark(const TicketKey& key, std::string_view visitor,
                             std::string_view person, std::pmr::memory_resource* memory) {
  const Hmac hmac({reinterpret_cast<const char*>(key.data()), key.size()});
  std::pmr::string text(visitor, memory);
  text += '\n';  // no id has one
  text += person;
  Hmac::Digest hash;
  if (!hmac.is_usable() || !hmac.compute("personalize person 1\n", text, hash)) {
    return {};
  }
  std::array<char, base64url_size(digest_bytes)> mark;
  write_base64url({reinterpret_cast<const char*>(hash.data()), digest_bytes}, mark.data());
  return copy_text({mark.data(), mark.size()}, memory);
}

}  // namespace personalize
