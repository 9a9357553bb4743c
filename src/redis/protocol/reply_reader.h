// Bytes of a connection → replies. hiredis's reader makes the objects, in an arena of ours; what it
// is given has passed ReplyFrames.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string_view>

#include "personalize/redis/redis.h"
#include "redis/protocol/reply_frames.h"

struct redisReader;
struct redisReadTask;

namespace personalize {

// One connection's replies, in any cuts. Behaves the same with hiredis 0.14 and 1.x. Keeps at most
// what ReplyLimits allow for one reply, about three times over: the bytes as they came (in a buffer
// that grows by doubling) and the reply made of them.
class ReplyReader {
 public:
  enum class Status : std::uint8_t {
    more,    // the input is used up and the reply is not complete
    reply,   // reply() is complete; the input begins with what follows it
    broken,  // error() says why; the connection is of no more use
  };

  // Throws bad_alloc.
  explicit ReplyReader(const ReplyLimits& limits);
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // Takes bytes off the front of `input`, up to the end of one reply.
  Status read(std::string_view& input) noexcept;

  // After Status::reply; lives until the next read().
  const RedisReply& reply() const noexcept { return *reply_; }

  // After Status::broken; lives as long as this object.
  std::string_view error() const noexcept { return error_; }

 private:
  struct Construction;  // hiredis's callbacks
  struct FreeReader {
    void operator()(redisReader* reader) const noexcept;
  };

  Status broken(std::string_view why) noexcept;
  bool feed(std::string_view bytes) noexcept;
  bool parse() noexcept;
  bool replace_too_large(std::uint64_t length) noexcept;
  Status complete() noexcept;
  RedisReply* place(const redisReadTask* task) noexcept;

  ReplyFrames frames_;
  alignas(std::max_align_t) std::array<std::byte, 4096> first_block_;
  std::pmr::monotonic_buffer_resource arena_;  // of one reply
  std::unique_ptr<redisReader, FreeReader> reader_;
  bool begins_reply_ = true;
  std::uint64_t replaced_ = 0;  // length of the too large string that the next nil stands for
  bool replacing_ = false;
  const RedisReply* reply_ = nullptr;
  std::string_view error_;
};

}  // namespace personalize
