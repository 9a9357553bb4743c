#include "redis/protocol/channel.h"

namespace personalize {

namespace {

bool is_text(const RedisReply& reply, std::string_view text) noexcept {
  return reply.kind == RedisReply::Kind::string && reply.text == text;
}

}  // namespace

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

}  // namespace personalize
