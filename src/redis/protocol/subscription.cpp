#include "personalize/redis/subscription.h"

#include <algorithm>
#include <utility>

namespace personalize {

namespace {

bool is_text(const RedisReply& reply, std::string_view text) noexcept {
  return reply.kind == RedisReply::Kind::string && reply.text == text;
}

}  // namespace

// [message, CHANNEL, PAYLOAD] or [subscribe, CHANNEL, NUMBER-OF-CHANNELS].
ChannelMessage read_channel_message(const RedisReply& reply, std::string_view channel) noexcept {
  ChannelMessage message;
  if (reply.kind != RedisReply::Kind::array || reply.count != 3 ||
      !is_text(reply.elements[1], channel)) {
    return message;
  }
  const RedisReply& payload = reply.elements[2];
  if (is_text(reply.elements[0], "message")) {
    message.kind = ChannelMessage::Kind::message;
    message.payload = &payload;
  } else if (is_text(reply.elements[0], "subscribe") && payload.kind == RedisReply::Kind::integer) {
    message.kind = ChannelMessage::Kind::subscribed;
  }
  return message;
}

std::vector<std::string> minimal_prefixes(std::vector<std::string> prefixes) {
  std::sort(prefixes.begin(), prefixes.end());
  std::vector<std::string> minimal;
  for (std::string& prefix : prefixes) {
    // Sorted, all that begin with a prefix follow it directly.
    const bool covered =
        !minimal.empty() && prefix.compare(0, minimal.back().size(), minimal.back()) == 0;
    if (!covered) {
      minimal.push_back(std::move(prefix));
    }
  }
  return minimal;
}

Invalidation read_invalidation(const RedisReply& payload) noexcept {
  using Kind = Invalidation::Kind;
  Invalidation message;
  switch (payload.kind) {
    case RedisReply::Kind::nil:
      message.kind = Kind::everything;
      break;
    case RedisReply::Kind::array:
      message.kind = Kind::keys;
      message.keys = payload.elements;
      message.count = payload.count;
      break;
    case RedisReply::Kind::string:
    case RedisReply::Kind::too_large:
      message.kind = Kind::foreign;
      break;
    default:
      break;
  }
  return message;
}

ReplyLimits invalidation_limits() noexcept {
  ReplyLimits limits;
  limits.content = std::uint64_t{4} * 1024 * 1024;
  limits.elements = 65536;
  limits.depth = 2;
  return limits;
}

}  // namespace personalize
