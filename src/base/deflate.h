// Compresses with DEFLATE (RFC 1951), without the header and trailer of gzip or zlib.
#pragma once

#include <zlib.h>

#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize {

class Deflater {
 public:
  // `level` is zlib's, 1 to 9. Takes about 260 KB of the heap. Throws bad_alloc.
  explicit Deflater(int level);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // Compresses the next bytes. Appends to `out` what is ready. Throws bad_alloc.
  void add(std::string_view bytes, std::pmr::string& out);

  // Appends the rest of what was added. It ends with a byte; what is added later does not refer to
  // anything before it, so that it can stand elsewhere. Throws bad_alloc.
  void finish_stretch(std::pmr::string& out);

 private:
  void run(int flush, std::pmr::string& out);

  z_stream stream_{};
};

}  // namespace personalize
