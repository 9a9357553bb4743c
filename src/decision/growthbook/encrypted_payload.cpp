#include "decision/growthbook/encrypted_payload.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "base/text/text.h"
#include "base/values/json/json_file.h"

namespace personalize::decision {

namespace {

// Members that hold encrypted JSON, and the members that they replace.
struct Member {
  const char* encrypted;
  const char* plain;
};
constexpr Member members[] = {
    {"encryptedFeatures", "features"},
    {"encryptedExperiments", "experiments"},
    {"encryptedSavedGroups", "savedGroups"},
    {"encryptedContextualBandits", "contextualBandits"},
};

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto digits = std::min(text.find_first_not_of(alphabet), text.size());
  const auto padding = text.size() - digits;
  // OpenSSL accepts padding anywhere.
  if (text.size() % 4 != 0 || padding > 2 ||
      text.substr(digits) != std::string_view("==", padding)) {
    return std::nullopt;
  }
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) {
    return std::nullopt;
  }
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

const EVP_CIPHER* cipher_of(std::size_t key_size) {
  switch (key_size) {
    case 16:
      return EVP_aes_128_cbc();
    case 24:
      return EVP_aes_192_cbc();
    case 32:
      return EVP_aes_256_cbc();
    default:
      return nullptr;
  }
}

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::optional<std::string> decrypt(std::string_view text, std::string_view key) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) {
    return std::nullopt;
  }
  const auto vector = decode_base64(text.substr(0, dot));
  const auto encrypted = decode_base64(text.substr(dot + 1));
  const auto secret = decode_base64(key);
  if (!vector || !encrypted || !secret) {
    return std::nullopt;
  }
  const EVP_CIPHER* cipher = cipher_of(secret->size());
  constexpr std::size_t block = 16;
  if (cipher == nullptr || vector->size() != block) {
    return std::nullopt;
  }

  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  if (context == nullptr) {
    throw std::bad_alloc();
  }
  std::string plain(encrypted->size() + block, '\0');
  auto* out = reinterpret_cast<unsigned char*>(plain.data());
  int size = 0;
  int rest = 0;
  const bool fits = EVP_DecryptInit_ex(context.get(), cipher, nullptr, bytes_of(*secret),
                                       bytes_of(*vector)) == 1 &&
                    EVP_DecryptUpdate(context.get(), out, &size, bytes_of(*encrypted),
                                      static_cast<int>(encrypted->size())) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), out + size, &rest) == 1;
  if (!fits) {
    return std::nullopt;
  }
  plain.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(rest));
  return plain;
}

void decrypt_payload(Json::Value& payload, std::string_view key, const std::string& file,
                     const Where& where) {
  if (!payload.isObject()) {
    return;
  }
  for (const Member& member : members) {
    const Json::Value value = payload.get(member.encrypted, "");
    if (!value.isString() || value == "") {
      continue;
    }
    if (key.empty()) {
      throw ConfigError(where, file + " is encrypted (it has " + quoted(member.encrypted) +
                                   "): write its SDK connection's key into a file and name that "
                                   "with key_file=FILE, or turn the encryption off in GrowthBook");
    }
    const auto text = decrypt(value.asString(), key);
    std::string errors;  // useless: they are about garbage
    auto json = text ? parse_json(*text, errors) : std::nullopt;
    if (!json) {
      throw ConfigError(where, quoted(member.encrypted) + " of " + file +
                                   " cannot be decrypted with the key in key_file=: it must be the "
                                   "key of the same SDK connection, as GrowthBook shows it there");
    }
    payload[member.plain] = std::move(*json);
  }
}

}  // namespace personalize::decision
