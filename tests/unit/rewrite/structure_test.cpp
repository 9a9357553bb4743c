// All ways to compute the masks give the same, and read nothing beyond the bytes they are given.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "rewrite/tokenizer/structure.h"
#include "suite.h"

using personalize::rewrite::Fingerprints;
using personalize::rewrite::Structure;

namespace {

bool is_delimiter(char c) {
  return static_cast<unsigned char>(c) <= 0x20 ||
         std::string("&\"'/=>").find(c) != std::string::npos;
}

bool is_kind(Structure::Kind kind, const Fingerprints& fingerprints, const char* p) {
  switch (kind) {
    case Structure::less_than:
      return *p == '<';
    case Structure::greater_than:
      return *p == '>';
    case Structure::delimiter:
      return is_delimiter(*p);
    default:
      return *p == '&' || *p == '\'' || (fingerprints.match(p) && is_delimiter(p[3]));
  }
}

// Words of the page, among others; more than there are buckets.
Fingerprints some_fingerprints() {
  Fingerprints fingerprints;
  for (const char* word : {"\x23\x2a\x31", "bar", "x", "hello-bar", "LOT", "a b", "\x93\x9a\xa1",
                           "zz", "hk", "very-long-word"}) {
    fingerprints.add(word, word[0] == 'L');
  }
  return fingerprints;
}

void all_methods_agree(void**) {
  std::size_t count = 0;
  const Structure::Method* methods = Structure::methods(count);
  assert_true(count >= 1);
  const Fingerprints fingerprints = some_fingerprints();
  for (std::size_t m = 0; m < count; ++m) {
    Structure::use(methods[m]);
    for (std::size_t size : {1, 7, 63, 64, 65, 255, 256, 1000, 4095, 4096, 5000}) {
      // On the heap, so that a sanitizer sees a read beyond the end.
      std::unique_ptr<char[]> bytes(new char[size]);
      for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 256 + size);
      for (std::size_t i = 0; i + 20 < size; i += 61) {
        std::memcpy(&bytes[i], i % 2 == 0 ? "=\"hello-bar>slot x=yz" : "lot= \"bar/barx aLOt ", 18);
      }
      Structure structure(fingerprints);
      structure.look_at(bytes.get(), bytes.get() + size);
      const char* end = structure.end();
      assert_int_equal(end - bytes.get(), std::min(size, Structure::block_size));
      for (int k = 0; k < Structure::kind_count; ++k) {
        auto kind = static_cast<Structure::Kind>(k);
        // The last bytes' fingerprints depend on what is not there yet, or in the next block.
        const char* last = kind == Structure::notable ? end - std::min<std::size_t>(size, 3) : end;
        for (const char* p = bytes.get(); p < last; ++p) {
          bool is = is_kind(kind, fingerprints, p);
          assert_int_equal(structure.view().window(kind, p) & 1, is ? 1 : 0);
          const char* expected = p;
          while (expected < last && !is_kind(kind, fingerprints, expected)) ++expected;
          if (expected == last && last != end) continue;
          assert_ptr_equal(structure.view().find(kind, p), expected);
          for (std::ptrdiff_t length : {1, 20, 56, 57, 130}) {
            if (length > last - p) continue;
            const char* found = nullptr;
            const auto is = [&found](const char* at) { return (found = at) != nullptr; };
            const auto bytes_after = static_cast<std::size_t>(length);
            assert_int_equal(structure.view().any(kind, p, bytes_after, is), expected - p < length);
            if (found != nullptr) assert_ptr_equal(found, expected);
          }
        }
      }
    }
  }
  Structure::use(methods[0]);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(all_methods_agree),
};
const Suite suite(__FILE__, tests);

}  // namespace
