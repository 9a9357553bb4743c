#include "personalize/signals/pseudonym.h"

#include "signals/identity/hmac.h"

namespace personalize {

namespace {

constexpr std::string_view purpose = "personalize event 1\n";

}  // namespace

Pseudonyms::Pseudonyms(std::string_view salt) : hmac_(std::make_unique<const Hmac>(salt)) {}

Pseudonyms::~Pseudonyms() = default;

bool Pseudonyms::make(std::string_view id, Text& pseudonym) const noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  Hmac::Digest digest;
  if (!hmac_->is_usable() || !hmac_->compute(purpose, id, digest)) {
    return false;
  }
  for (std::size_t i = 0; i < pseudonym.size() / 2; ++i) {
    pseudonym[2 * i] = digits[digest[i] >> 4U];
    pseudonym[2 * i + 1] = digits[digest[i] & 0xFU];
  }
  return true;
}

}  // namespace personalize
