// Visitors by a keyed hash.
#include "personalize/signals/pseudonym.h"

#include <string>

#include "suite.h"

using namespace personalize;

namespace {

std::string pseudonym(std::string_view salt, std::string_view id) {
  const Pseudonyms pseudonyms(salt);
  Pseudonyms::Text text;
  assert_true(pseudonyms.make(id, text));
  return {text.data(), text.size()};
}

// printf 'personalize event 1\nada' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
void it_is_a_cut_hmac(void**) {
  assert_string_equal(pseudonym("0123456789abcdef0123456789abcdef", "ada").c_str(),
                      "596bf66f3b3d4175c7b474ad5d0a67ff");
}

void it_depends_on_salt_and_id(void**) {
  const auto one = pseudonym("0123456789abcdef0123456789abcdef", "ada");
  assert_true(one == pseudonym("0123456789abcdef0123456789abcdef", "ada"));
  assert_false(one == pseudonym("0123456789abcdef0123456789abcdef", "adb"));
  assert_false(one == pseudonym("0123456789abcdef0123456789abcdeg", "ada"));
}

void it_can_be_made_again(void**) {
  const Pseudonyms pseudonyms("0123456789abcdef0123456789abcdef");
  Pseudonyms::Text first;
  Pseudonyms::Text second;
  assert_true(pseudonyms.make("ada", first) && pseudonyms.make("bob", second));
  assert_true(pseudonyms.make("ada", second));
  assert_true(first == second);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(it_is_a_cut_hmac),
    cmocka_unit_test(it_depends_on_salt_and_id),
    cmocka_unit_test(it_can_be_made_again),
};
const Suite suite(__FILE__, tests);

}  // namespace
