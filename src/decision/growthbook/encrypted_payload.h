// GrowthBook's encrypted payloads: what an SDK endpoint serves where encryption is switched on.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <string_view>

#include "personalize/base/config_error.h"

namespace personalize::decision {

// The plain text of "IV.TEXT", each in Base64 (RFC 4648 section 4): AES in CBC mode with PKCS#7
// padding. `key`: its 16, 24 or 32 bytes, in Base64. Nothing where one of them is no such thing, or
// where the key is not that of the text: nearly always, since CBC itself cannot tell.
std::optional<std::string> decrypt(std::string_view text, std::string_view key);

// Puts in place of a payload's encrypted members (encryptedFeatures and its like) what they hold.
// `file` is how errors call the payload. Throws ConfigError where something is encrypted and `key`
// is "", or not its key. A payload that is not encrypted stays as it is, as in the SDKs.
void decrypt_payload(Json::Value& payload, std::string_view key, const std::string& file,
                     const Where& where);

}  // namespace personalize::decision
