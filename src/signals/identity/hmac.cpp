#include "signals/identity/hmac.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

namespace personalize {

namespace {

bool update(EVP_MAC_CTX* context, std::string_view s) noexcept {
  return EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(s.data()), s.size()) == 1;
}

}  // namespace

Hmac::Hmac(std::string_view key) noexcept : context_(nullptr, EVP_MAC_CTX_free) {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac(
      EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr), EVP_MAC_free);
  char digest[] = OSSL_DIGEST_NAME_SHA2_256;
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  context_.reset(hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr);
  if (context_ && EVP_MAC_init(context_.get(), reinterpret_cast<const unsigned char*>(key.data()),
                               key.size(), parameters) != 1) {
    context_.reset();
  }
}

bool Hmac::compute(std::string_view purpose, std::string_view text, Digest& digest) const noexcept {
  EVP_MAC_CTX* context = context_.get();
  std::size_t length = 0;
  // Without a key, init starts again with the one that the context has.
  return EVP_MAC_init(context, nullptr, 0, nullptr) == 1 && update(context, purpose) &&
         update(context, text) &&
         EVP_MAC_final(context, digest.data(), &length, digest.size()) == 1 &&
         length == digest.size();
}

}  // namespace personalize
