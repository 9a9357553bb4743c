// HMAC-SHA256 with one key, keyed once.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <string_view>

namespace personalize {

// For one thread at a time: it works on a context that was keyed in advance.
class Hmac {
 public:
  using Digest = std::array<unsigned char, 32>;

  explicit Hmac(std::string_view key) noexcept;

  // Returns false if OpenSSL has no HMAC-SHA256, or no memory.
  bool is_usable() const noexcept { return context_ != nullptr; }

  // Computes it over `purpose`, which distinguishes what the key is used for, and `text`. Returns
  // false if OpenSSL fails.
  bool compute(std::string_view purpose, std::string_view text, Digest& digest) const noexcept;

 private:
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context_;
};

}  // namespace personalize
