// The hash against the vectors that its authors publish: key 00 01 … 0f, input 00 01 02 ….
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <string>

#include "base/siphash.h"

namespace {

void matches_published_vectors(void**) {
  constexpr std::uint64_t low = 0x0706050403020100;
  constexpr std::uint64_t high = 0x0f0e0d0c0b0a0908;
  const std::uint64_t expected[] = {
      0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
      0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
      0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
      0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
  };
  std::string input;
  for (const auto hash : expected) {
    assert_true(personalize::siphash(low, high, input) == hash);
    input += static_cast<char>(input.size());
  }
}

void depends_on_the_key(void**) {
  assert_true(personalize::siphash(1, 2, "a") != personalize::siphash(1, 3, "a"));
  assert_true(personalize::siphash(1, 2, "a") != personalize::siphash(2, 2, "a"));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(matches_published_vectors),
    cmocka_unit_test(depends_on_the_key),
};
const Suite suite(__FILE__, tests);

}  // namespace
