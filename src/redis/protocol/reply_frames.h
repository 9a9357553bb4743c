// Finds where one reply ends and the next begins while the bytes come in, and enforces the limits
// on what a server can make us keep. hiredis's reader comes after it, since that one allocates
// whatever a header announces, waits for any length, searches a line again from its start with each
// byte that comes, and accepts different things in its versions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "personalize/redis/reply.h"

namespace personalize {

// Cuts the bytes of a connection into pieces that are safe to pass on. Takes RESP2 alone: a server
// sends the types of RESP3 only after HELLO 3.
class ReplyFrames {
 public:
  struct Piece {
    enum class Kind : std::uint8_t {
      more,       // the input is used up
      bytes,      // pass these on
      too_large,  // a string of `length` bytes, or a reply of so many elements, was skipped: pass
                  // on a nil in its place
      broken,     // error() says why; nothing can be read any more
    };
    Kind kind = Kind::more;
    bool ends_reply = false;
    std::string_view bytes;  // of the input, or of this object until the next call
    std::uint64_t length = 0;
  };

  // Lowers a depth beyond ReplyLimits::max_depth to that.
  explicit ReplyFrames(const ReplyLimits& limits) noexcept;

  // Removes bytes from the front of `input`.
  Piece next(std::string_view& input) noexcept;

  std::string_view error() const noexcept { return error_; }

 private:
  enum class State : std::uint8_t { type, line, length, body, skip, broken };

  Piece type(std::string_view& input) noexcept;
  Piece line(std::string_view& input) noexcept;
  Piece length(std::string_view& input) noexcept;
  Piece string_header(std::string_view header, std::int64_t announced) noexcept;
  Piece array_header(std::string_view header, std::int64_t announced) noexcept;
  Piece body(std::string_view& input) noexcept;

  void begin_skipping(std::uint64_t elements) noexcept;
  Piece skipped(const Piece& piece) noexcept;
  Piece item_ended(Piece piece) noexcept;
  Piece broken(std::string_view why) noexcept;

  ReplyLimits limits_;
  State state_ = State::type;
  bool after_cr_ = false;
  std::uint32_t line_length_ = 0;
  std::array<char, 24> header_{};  // `$` or `*`, the digits of an int64, CR LF
  std::uint32_t header_size_ = 0;
  std::uint64_t length_ = 0;  // of the string that is being read
  std::uint64_t left_ = 0;    // of it and the CR LF after it

  std::uint32_t depth_ = 0;
  std::array<std::uint32_t, ReplyLimits::max_depth> elements_left_{};  // by depth
  std::uint64_t content_left_ = 0;                                     // of this reply
  std::uint32_t elements_budget_ = 0;                                  // of this reply
  std::uint64_t skipped_ = 0;  // elements of the reply that is read over; 0: none is
  std::string_view error_;
};

}  // namespace personalize
