// Inflates gzip (RFC 1952) as it comes.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <memory_resource>
#include <string_view>

namespace personalize {

class GzipReader {
 public:
  enum class State : unsigned char {
    open,    // more belongs to it
    whole,   // it can end here: what came is complete, and its checksum is right
    broken,  // it is not gzip, or damaged
  };

  // `memory`, which must outlive this, gives about 40 KB when the first bytes come.
  explicit GzipReader(std::pmr::memory_resource* memory) noexcept;
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // Writes what `in` becomes to [out, out + room), takes off `in` what was read, and returns how
  // many bytes were written. Less than `room` means that all of `in` is read. Several members, one
  // after another, are read as one; anything else after them is ignored, as gzip(1) does.
  std::size_t read(std::string_view& in, char* out, std::size_t room) noexcept;

  State state() const noexcept { return state_; }

 private:
  bool begin() noexcept;
  void finish_call(int result, std::string_view& in) noexcept;

  std::pmr::memory_resource* memory_;
  z_stream stream_{};
  bool has_begun_ = false;
  bool is_first_ = true;     // the present member
  bool is_between_ = false;  // a member is complete
  bool ignores_rest_ = false;
  State state_ = State::open;
};

}  // namespace personalize
