// Replies of Redis (RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/) and how
// large one may be. Nothing in this room knows a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace personalize {

// One reply, or one element of an array. Refers to memory of the reader, which says how long that
// lives.
struct RedisReply {
  enum class Kind : std::uint8_t {
    nil,
    integer,
    string,
    status,  // `+OK`
    error,   // `-WRONGTYPE …`
    array,
    too_large,  // a string or a whole array beyond the limit; its bytes were skipped
  };

  Kind kind = Kind::nil;
  std::uint32_t count = 0;               // array: number of elements
  std::int64_t integer = 0;              // integer; too_large: bytes of a string, or elements
  std::string_view text;                 // string, status, error; any bytes, not terminated
  const RedisReply* elements = nullptr;  // array: the first of `count`

  // Returns the first word of an error, by convention in capitals: `WRONGTYPE`; empty for other
  // kinds.
  std::string_view error_code() const noexcept {
    return kind == Kind::error ? text.substr(0, text.find(' ')) : std::string_view();
  }

  // Returns the text of a string; empty for other kinds.
  std::string_view string() const noexcept {
    return kind == Kind::string ? text : std::string_view();
  }
};

// What one reply may be. A string that does not fit into `content` is skipped if it is not longer
// than `skip`, and an array that is the reply if it has no more than `skip_elements` and is not
// longer than `skip`; anything else beyond a limit breaks the connection.
struct ReplyLimits {
  static constexpr std::uint32_t max_depth = 7;  // as many arrays as hiredis 0.14 nests

  std::uint64_t content = std::uint64_t{1024} * 1024;    // bytes of all its strings
  std::uint32_t elements = 16384;                        // of all its arrays
  std::uint32_t depth = max_depth;                       // of arrays, at most max_depth
  std::uint32_t line = 4096;                             // bytes of one status, error or integer
  std::uint64_t skip = std::uint64_t{64} * 1024 * 1024;  // bytes of what is skipped
  std::uint32_t skip_elements = std::uint32_t{1024} * 1024;
};

// Returns whether that is what a reading command answers for a key that does not exist: nil, an
// empty string (GETRANGE), an array of nothing or of nil alone (LRANGE, HMGET), 0 (EXISTS, LLEN). A
// key that exists and holds nothing reads the same.
bool is_nothing(const RedisReply& reply) noexcept;

// Returns whether the error says that the server cannot answer anything now, though another one
// may: it loads its data, is a replica without its master, or its cluster is down.
bool is_unable(std::string_view error_code) noexcept;

}  // namespace personalize
