// Messages of a connection that is subscribed to one channel
// (https://redis.io/docs/latest/develop/interact/pubsub/), such as the channel on which Redis
// announces changed keys (https://redis.io/docs/latest/develop/reference/client-side-caching/,
// broadcasting mode). In RESP2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/redis/reply.h"

namespace personalize {

struct ChannelMessage {
  enum class Kind : std::uint8_t {
    malformed,   // not what Redis sends there: the connection is unusable
    subscribed,  // the answer to SUBSCRIBE
    message,     // `payload` was published
  };
  Kind kind = Kind::malformed;
  const RedisReply* payload = nullptr;  // part of the reply
};
ChannelMessage read_channel_message(const RedisReply& reply, std::string_view channel) noexcept;

// The channel of invalidation messages for a connection that speaks RESP2.
constexpr std::string_view invalidation_channel = "__redis__:invalidate";

// Returns the fewest prefixes that cover the same keys. None begins with another, which Redis
// refuses. Throws bad_alloc.
std::vector<std::string> minimal_prefixes(std::vector<std::string> prefixes);

// The payload of an invalidation message.
struct Invalidation {
  enum class Kind : std::uint8_t {
    malformed,   // not what Redis sends there: the connection is unusable
    keys,        // `keys` have changed or been deleted
    everything,  // all keys are gone: FLUSHALL, FLUSHDB
    foreign,     // another client published to the channel
  };
  Kind kind = Kind::malformed;
  const RedisReply* keys = nullptr;  // part of the reply; not all elements need be strings
  std::uint32_t count = 0;
};
Invalidation read_invalidation(const RedisReply& payload) noexcept;

// Returns the limits for invalidation messages. Redis puts all keys that changed in one pass of its
// event loop into one message. More than these at a time break the connection, after which all
// documents are fetched again: with so many, that is the same.
ReplyLimits invalidation_limits() noexcept;

}  // namespace personalize
