// Encrypted payloads. The texts were made by `openssl enc -aes-N-cbc`, of {"a":1}, with keys of all
// k and the vector "initial vector..".
#include "decision/growthbook/encrypted_payload.h"

#include <string>

#include <cstddef>
#include <cstdint>

#include "suite.h"

namespace {

using personalize::decision::decrypt;
using personalize::decision::decrypt_payload;

const std::string vector = "aW5pdGlhbCB2ZWN0b3IuLg==";
const std::string text = vector + ".mONq/WVcYJnghHNLeVY9GQ==";
const std::string key = "a2tra2tra2tra2tra2traw==";

void test_keys_of_every_size(void** /*state*/) {
  assert_string_equal(decrypt(text, key).value_or("").c_str(), R"({"a":1})");
  assert_string_equal(
      decrypt(vector + ".sPY12mrKgIOmc7g0ekSClA==", "a2tra2tra2tra2tra2tra2tra2tra2tr")
          .value_or("")
          .c_str(),
      R"({"a":1})");
  assert_string_equal(
      decrypt(vector + ".w1XsLVlnUKYvInnTlZSfiw==", "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
          .value_or("")
          .c_str(),
      R"({"a":1})");
}

void test_what_is_none(void** /*state*/) {
  const std::string cases[][2] = {
      {"", key},
      {".", key},
      {vector, key},
      {vector + ".", key},
      {"." + text.substr(vector.size() + 1), key},
      {text, ""},
      {text, "a2tra2tra2tra2tra2s="},      // 14 bytes
      {text, "a2tra2tra2tra2tra2traw"},    // no padding
      {text, "a2tra2tra2tra2tra2tr=w=="},  // padding inside
      {text, "a2tra2tra2tra2tra2tr===="},  // too much of it
      {text, " 2tra2tra2tra2tra2traw=="},  // not in the alphabet
      {text, std::string("a2tra2tra2tra2tra2tra\0==", 24)},
      {text, "b2tra2tra2tra2tra2traw=="},       // another key
      {vector + ".mONq/WVcYJnghHNLeVY9", key},  // no whole block
      {"aW5pdGlhbCB2ZWN0b3I=" + text.substr(vector.size()), key},
      {text + ".", key},
  };
  for (const auto& [encrypted, secret] : cases) {
    if (decrypt(encrypted, secret)) {
      fail_msg("\"%s\" was decrypted with \"%s\"", encrypted.c_str(), secret.c_str());
    }
  }
}

std::string error_of(Json::Value payload, const std::string& secret) {
  try {
    decrypt_payload(payload, secret, "the payload", {"test.conf", 1});
    return "";
  } catch (const personalize::ConfigError& error) {
    return error.what();
  }
}

void test_members_of_a_payload(void** /*state*/) {
  Json::Value payload(Json::objectValue);
  payload["features"] = Json::Value(Json::objectValue);
  payload["encryptedExperiments"] = "";
  for (const char* name :
       {"encryptedFeatures", "encryptedSavedGroups", "encryptedContextualBandits"}) {
    payload[name] = text;
  }
  decrypt_payload(payload, key, "the payload", {"test.conf", 1});
  for (const char* name : {"features", "savedGroups", "contextualBandits"}) {
    assert_int_equal(payload[name]["a"].asInt(), 1);
  }
  assert_false(payload.isMember("experiments"));

  // As it is: what is not encrypted, and what is no payload.
  assert_string_equal(error_of(Json::Value(Json::objectValue), key).c_str(), "");
  assert_string_equal(error_of(Json::Value(Json::arrayValue), key).c_str(), "");
  const std::string no_key = error_of(payload, "");
  assert_true(no_key.find("encryptedFeatures") != std::string::npos &&
              no_key.find("key_file=") != std::string::npos);
  const std::string other_key = error_of(payload, "b2tra2tra2tra2tra2traw==");
  assert_true(other_key.find("cannot be decrypted") != std::string::npos);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_keys_of_every_size),
    cmocka_unit_test(test_what_is_none),
    cmocka_unit_test(test_members_of_a_payload),
};
const Suite suite(__FILE__, tests);

}  // namespace
