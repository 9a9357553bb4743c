// What comes on a connection that is subscribed to one channel, over RESP2:
// https://redis.io/docs/latest/develop/interact/pubsub/
#pragma once

#include <cstdint>
#include <string_view>

#include "personalize/redis/redis.h"

namespace personalize {

struct ChannelMessage {
  enum class Kind : std::uint8_t {
    malformed,   // not what Redis sends there: the connection is of no more use
    subscribed,  // the answer to SUBSCRIBE
    message,     // somebody published `payload`
  };
  Kind kind = Kind::malformed;
  const RedisReply* payload = nullptr;  // part of the reply
};
ChannelMessage read_channel_message(const RedisReply& reply, std::string_view channel) noexcept;

}  // namespace personalize
