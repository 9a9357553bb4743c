// Visitors as events have them: by a keyed hash of the id, from which nobody without the salt can
// tell whether it is the hash of a certain id.
#pragma once

#include <array>
#include <memory>
#include <string_view>

namespace personalize {

class Hmac;

class Pseudonyms {
 public:
  using Text = std::array<char, 32>;  // hexadecimal digits: 128 bits

  // Whoever has the same salt has the same pseudonyms. Throws bad_alloc.
  explicit Pseudonyms(std::string_view salt);
  ~Pseudonyms();
  Pseudonyms(const Pseudonyms&) = delete;
  Pseudonyms& operator=(const Pseudonyms&) = delete;

  // Returns false if OpenSSL has no HMAC-SHA256, or fails.
  bool make(std::string_view id, Text& pseudonym) const noexcept;

 private:
  std::unique_ptr<const Hmac> hmac_;
};

}  // namespace personalize
