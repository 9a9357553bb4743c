// Base64url, as RFC 4648 has it.
#include "base/text/base64url.h"

#include <string>

#include "suite.h"

using namespace personalize;

namespace {

std::string encode(std::string_view bytes) {
  std::string text(base64url_size(bytes.size()), ' ');
  write_base64url(bytes, text.data());
  return text;
}

// "?" if it is none.
std::string decode(std::string_view text) {
  std::string bytes(base64url_bytes(text.size()), ' ');
  return read_base64url(text, bytes.data()) ? bytes : "?";
}

void as_in_the_rfc(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"},
  };
  for (const auto& [bytes, text] : cases) {
    assert_string_equal(encode(bytes).c_str(), text);
    assert_true(decode(text) == bytes);
  }
}

void every_byte(void**) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    assert_true(decode(encode(bytes)) == bytes);
  }
}

void what_is_no_base64url(void**) {
  for (const char* text :
       {"Z", "Zm9vY", "Zg==", "Zm9+", "Zm9/", "Zm 9", "Zh", "Zm9", "Z\xc3\xa9"}) {
    assert_string_equal(decode(text).c_str(), "?");
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(as_in_the_rfc),
    cmocka_unit_test(every_byte),
    cmocka_unit_test(what_is_no_base64url),
};
const Suite suite(__FILE__, tests);

}  // namespace
