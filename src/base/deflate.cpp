#include "base/deflate.h"

#include <algorithm>
#include <limits>
#include <new>

namespace personalize {

Deflater::Deflater(int level) {
  constexpr int best_memory = 8;  // zlib's default
  if (deflateInit2(&stream_, level, Z_DEFLATED, -MAX_WBITS, best_memory, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::bad_alloc();
  }
}

Deflater::~Deflater() {
  deflateEnd(&stream_);
}

void Deflater::add(std::string_view bytes, std::pmr::string& out) {
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(size);
    run(Z_NO_FLUSH, out);
    bytes.remove_prefix(size);
  }
}

void Deflater::finish_stretch(std::pmr::string& out) {
  stream_.next_in = nullptr;
  stream_.avail_in = 0;
  run(Z_FULL_FLUSH, out);
}

void Deflater::run(int flush, std::pmr::string& out) {
  constexpr std::size_t step = 16384;
  do {
    const std::size_t size = out.size();
    out.resize(size + step);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + size);
    stream_.avail_out = step;
    deflate(&stream_, flush);
    out.resize(size + step - stream_.avail_out);
  } while (stream_.avail_out == 0);
}

}  // namespace personalize
