// All ways to compute the masks give the same, and read nothing beyond the bytes they are given.
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "rewrite/structure.h"
extern "C" {
#include <cmocka.h>
}

using personalize::rewrite::Structure;

namespace {

bool is_kind(Structure::Kind kind, char c) {
  auto byte = static_cast<unsigned char>(c);
  switch (kind) {
    case Structure::less_than:
      return c == '<';
    case Structure::double_quote:
      return c == '"';
    case Structure::single_quote:
      return c == '\'';
    default:
      return byte <= 0x20 || std::string("&\"'/=>").find(c) != std::string::npos;
  }
}

void all_methods_agree(void**) {
  std::size_t count = 0;
  const Structure::Method* methods = Structure::methods(count);
  assert_true(count >= 1);
  for (std::size_t m = 0; m < count; ++m) {
    Structure::use(methods[m]);
    for (std::size_t size : {1, 7, 63, 64, 65, 255, 256, 1000, 4095, 4096, 5000}) {
      // On the heap, so that a sanitizer sees a read beyond the end.
      std::unique_ptr<char[]> bytes(new char[size]);
      for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 256 + size);
      Structure structure;
      structure.look_at(bytes.get(), bytes.get() + size);
      const char* end = structure.end();
      assert_int_equal(end - bytes.get(), std::min(size, Structure::kBlock));
      for (int k = 0; k < Structure::kKinds; ++k) {
        auto kind = static_cast<Structure::Kind>(k);
        for (const char* p = bytes.get(); p < end; ++p) {
          assert_int_equal(structure.view().window(kind, p) & 1, is_kind(kind, *p) ? 1 : 0);
          const char* expected = p;
          while (expected < end && !is_kind(kind, *expected)) ++expected;
          assert_ptr_equal(structure.view().find(kind, p), expected);
        }
      }
    }
  }
  Structure::use(methods[0]);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(all_methods_agree)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
