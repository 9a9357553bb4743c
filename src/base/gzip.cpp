#include "base/gzip.h"

#include <algorithm>
#include <limits>
#include <new>

namespace personalize {

namespace {

// zlib frees memory without its size, which is kept before it.
constexpr std::size_t prefix = alignof(std::max_align_t);

voidpf allocate(voidpf memory, uInt items, uInt size) {
  const std::size_t bytes = prefix + static_cast<std::size_t>(items) * size;
  try {
    auto* block = static_cast<std::byte*>(
        static_cast<std::pmr::memory_resource*>(memory)->allocate(bytes, prefix));
    new (block) std::size_t(bytes);
    return block + prefix;
  } catch (const std::bad_alloc&) {
    return Z_NULL;
  }
}

void release(voidpf memory, voidpf address) {
  auto* block = static_cast<std::byte*>(address) - prefix;
  const std::size_t bytes = *reinterpret_cast<std::size_t*>(block);
  static_cast<std::pmr::memory_resource*>(memory)->deallocate(block, bytes, prefix);
}

constexpr uInt clamp(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

GzipReader::GzipReader(std::pmr::memory_resource* memory) noexcept : memory_(memory) {}

GzipReader::~GzipReader() {
  if (has_begun_) {
    inflateEnd(&stream_);
  }
}

bool GzipReader::begin() noexcept {
  stream_.zalloc = allocate;
  stream_.zfree = release;
  stream_.opaque = memory_;
  constexpr int gzip_alone = 16;  // in zlib's window bits
  has_begun_ = inflateInit2(&stream_, MAX_WBITS + gzip_alone) == Z_OK;
  return has_begun_;
}

std::size_t GzipReader::read(std::string_view& in, char* out, std::size_t room) noexcept {
  std::size_t written = 0;
  while (state_ != State::broken && !ignores_rest_ && written < room) {
    if (!has_begun_ && !begin()) {
      state_ = State::broken;
      break;
    }
    if (is_between_) {
      if (in.empty()) {
        break;
      }
      inflateReset(&stream_);
      is_between_ = false;
      is_first_ = false;
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = clamp(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out + written);
    stream_.avail_out = clamp(room - written);
    const uInt offered = stream_.avail_in;
    const uInt free = stream_.avail_out;
    const int result = inflate(&stream_, Z_SYNC_FLUSH);
    in.remove_prefix(offered - stream_.avail_in);
    written += free - stream_.avail_out;
    finish_call(result, in);
    const bool wants_more = in.empty() && stream_.avail_out != 0;
    if (result == Z_BUF_ERROR || (wants_more && !is_between_)) {
      break;
    }
  }
  if (ignores_rest_ || state_ == State::broken) {
    in = {};
  }
  return written;
}

void GzipReader::finish_call(int result, std::string_view& in) noexcept {
  const bool is_after_member = !is_first_ && stream_.total_out == 0;
  switch (result) {
    case Z_STREAM_END:
      is_between_ = true;
      state_ = State::whole;
      break;
    case Z_OK:
    case Z_BUF_ERROR:
      state_ = is_after_member ? State::whole : State::open;
      break;
    default:
      // Bytes after the last member that do not begin another.
      ignores_rest_ = is_after_member;
      state_ = is_after_member ? State::whole : State::broken;
      in = {};
  }
}

}  // namespace personalize
