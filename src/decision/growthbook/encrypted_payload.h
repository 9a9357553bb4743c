// GrowthBook's encrypted payloads: what an SDK endpoint answers if encryption is switched on.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <string_view>

#include "personalize/base/config_error.h"

namespace personalize::decision {

// Decrypts "IV.TEXT", both in Base64 (RFC 4648 section 4): AES in CBC mode with PKCS#7 padding.
// `key` is 16, 24 or 32 bytes, in Base64. Returns nothing if anything is malformed or the key is
// another one; CBC cannot always tell, so that another key may rarely yield garbage.
std::optional<std::string> decrypt(std::string_view text, std::string_view key);

// Replaces a payload's encrypted members (encryptedFeatures and the like) with their content.
// Errors call the payload `file`. Throws ConfigError if something is encrypted and `key` is "" or
// another key. A payload that is not encrypted stays as it is, as in the SDKs.
void decrypt_payload(Json::Value& payload, std::string_view key, const std::string& file,
                     const Where& where);

}  // namespace personalize::decision
