// What Redis answers, and who is told. Nothing here knows a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace personalize {

// One reply, or one element of an array. Points into memory of whoever hands it out; see there how
// long it lives.
struct RedisReply {
  enum class Kind : std::uint8_t {
    nil,
    integer,
    string,
    status,  // `+OK`
    error,   // `-WRONGTYPE …`
    array,
    too_large,  // a string beyond the limit: its bytes were read over, never kept
  };

  Kind kind = Kind::nil;
  std::uint32_t count = 0;               // array: number of elements
  std::int64_t integer = 0;              // integer; too_large: length of the string in bytes
  std::string_view text;                 // string, status, error; any bytes, not terminated
  const RedisReply* elements = nullptr;  // array: the first of `count`

  // The first word of an error, by convention in capitals: `WRONGTYPE`. Empty for other kinds.
  std::string_view error_code() const noexcept {
    return kind == Kind::error ? text.substr(0, text.find(' ')) : std::string_view();
  }
};

// Why a command has no reply.
enum class RedisFailure : std::uint8_t {
  unavailable,  // not connected, or the connection was lost
  timeout,      // no reply in time; one that comes later is thrown away
  protocol,     // the server's bytes are not Redis's protocol, or beyond the limits
};

constexpr std::string_view to_string(RedisFailure failure) noexcept {
  switch (failure) {
    case RedisFailure::unavailable:
      return "unavailable";
    case RedisFailure::timeout:
      return "timeout";
    case RedisFailure::protocol:
      return "protocol";
  }
  return "";
}

// Waits for the reply to one command. Not owned by whom it is given to; whoever owns it cancels the
// command before it goes away.
class RedisCommandHandler {
 public:
  // Exactly one of the two is called, once, and never from inside the call that sent the command;
  // none after the command was cancelled. Both may send further commands and cancel others.
  // `reply` lives until the function returns.
  virtual void on_reply(const RedisReply& reply) noexcept = 0;
  virtual void on_failure(RedisFailure why) noexcept = 0;

 protected:
  ~RedisCommandHandler() = default;
};

}  // namespace personalize
