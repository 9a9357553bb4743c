// Persons, their keys, and the marks of browsers.
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <memory_resource>
#include <string>

#include "personalize/signals/person.h"

namespace {

using namespace personalize;

void keys_hide_ids(void**) {
  std::pmr::monotonic_buffer_resource memory;
  // printf ann | sha256sum
  const Person ann = person_from_variable("ann", &memory);
  assert_true(ann.is_known() && ann.id == "ann");
  assert_string_equal(std::string(ann.key).c_str(), "{person:49915e0d7d4b402e3017d010bc1c0e83}");
  const Person odd = person_from_variable("Zo\xc3\xab {x} <zoe@shop.example>", &memory);
  assert_int_equal(odd.key.size(), ann.key.size());
  assert_true(odd.key != ann.key);
}

void not_every_value_is_an_id(void**) {
  std::pmr::monotonic_buffer_resource memory;
  for (const auto& value : {std::string(), std::string(257, 'a'), std::string("a\nb"),
                            std::string("a\x7f"), std::string(1, '\0')}) {
    assert_false(person_from_variable(value, &memory).is_known());
  }
  assert_true(person_from_variable(std::string(256, 'a'), &memory).is_known());
}

void merges(void**) {
  PersonMerges merges;
  assert_true(merges.any());
  assert_true(read_merges("answers,session", merges));
  assert_true(merges.session && merges.answers && !merges.caps && !merges.offers);
  assert_true(read_merges("off", merges) && !merges.any());
  for (const auto* wrong : {"", "caps,", "caps,caps", "cap", "off,caps", ",caps"}) {
    assert_false(read_merges(wrong, merges));
  }
}

void marks_depend_on_key_browser_and_person(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const auto mark = [&](unsigned char key, std::string_view visitor, std::string_view person) {
    TicketKey secret;
    secret.fill(key);
    return std::string(person_mark(secret, visitor, person, &memory));
  };
  const auto one = mark(1, "v", "ann");
  assert_int_equal(one.size(), 22);
  assert_true(one == mark(1, "v", "ann"));
  assert_true(one != mark(2, "v", "ann") && one != mark(1, "w", "ann") &&
              one != mark(1, "v", "bob"));
}

const CMUnitTest tests[] = {cmocka_unit_test(keys_hide_ids),
                            cmocka_unit_test(not_every_value_is_an_id), cmocka_unit_test(merges),
                            cmocka_unit_test(marks_depend_on_key_browser_and_person)};
const Suite suite(__FILE__, tests);

}  // namespace
