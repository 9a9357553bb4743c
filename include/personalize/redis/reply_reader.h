// Makes replies of the bytes that a connection receives.
#pragma once

#include <memory>
#include <string_view>

#include "personalize/redis/reply.h"

namespace personalize {

// Reads one connection's replies, however they are cut. hiredis's reader makes the objects, in an
// arena of ours; the bytes have been checked against the limits before it sees them. Behaves the
// same with hiredis 0.14 and 1.x. Takes at most about three times what ReplyLimits allow for one
// reply: its bytes (in a buffer that grows by doubling) and the reply made of them.
class ReplyReader {
 public:
  enum class Status : std::uint8_t {
    more,    // the input is used up and the reply is not complete
    reply,   // reply() is complete; the input begins with what follows it
    broken,  // error() says why; the connection is unusable
  };

  // Throws bad_alloc.
  explicit ReplyReader(const ReplyLimits& limits);
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // Removes bytes from the front of `input`, up to the end of one reply.
  Status read(std::string_view& input) noexcept;

  // Returns the reply after Status::reply; it lives until the next read().
  const RedisReply& reply() const noexcept;

  // Says why after Status::broken; lives as long as this.
  std::string_view error() const noexcept;

 private:
  class Parser;

  std::unique_ptr<Parser> parser_;
};

}  // namespace personalize
