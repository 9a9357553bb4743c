// Redis's word on which keys have changed (client-side caching, broadcasting mode): what to ask
// for, and what comes. RESP2: https://redis.io/docs/latest/develop/reference/client-side-caching/
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/redis/redis.h"
#include "redis/protocol/reply_frames.h"

namespace personalize {

// The channel on which a connection that speaks RESP2 is told.
constexpr std::string_view invalidation_channel = "__redis__:invalidate";

// The fewest prefixes that stand for the same keys. None begins with another, which Redis refuses.
// Throws bad_alloc.
std::vector<std::string> minimal_prefixes(std::vector<std::string> prefixes);

// What one message on the channel says.
struct Invalidation {
  enum class Kind : std::uint8_t {
    malformed,   // not what Redis sends there: the connection is of no more use
    keys,        // `keys` have changed, or are gone
    everything,  // all keys are gone: FLUSHALL, FLUSHDB
    foreign,     // somebody else published to the channel
  };
  Kind kind = Kind::malformed;
  const RedisReply* keys = nullptr;  // of the reply; what is not a string among them is no key
  std::uint32_t count = 0;
};
Invalidation read_invalidation(const RedisReply& payload) noexcept;

// Redis puts all keys that changed in one pass of its event loop into one message. What changes
// more at a time than this breaks the connection, after which all documents are fetched anew: at
// that number it comes to the same.
ReplyLimits invalidation_limits() noexcept;

}  // namespace personalize
