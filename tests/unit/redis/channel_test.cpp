#include "personalize/redis/subscription.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "personalize/redis/reply_reader.h"
#include "suite.h"

namespace {

using personalize::ChannelMessage;
using personalize::read_channel_message;
using personalize::RedisReply;
using personalize::ReplyLimits;
using personalize::ReplyReader;
using Kind = ChannelMessage::Kind;

struct Read {
  Kind kind = Kind::malformed;
  RedisReply::Kind payload = RedisReply::Kind::nil;
  std::string text;
};

Read read(std::string_view bytes) {
  ReplyReader reader(ReplyLimits{});
  assert_true(reader.read(bytes) == ReplyReader::Status::reply);
  assert_true(bytes.empty());
  const ChannelMessage message = read_channel_message(reader.reply(), "news");
  assert_true((message.payload != nullptr) == (message.kind == Kind::message));
  Read result{message.kind, {}, {}};
  if (message.payload != nullptr) {
    result.payload = message.payload->kind;
    result.text = message.payload->text;
  }
  return result;
}

#define CHANNEL "$4\r\nnews\r\n"
#define MESSAGE "*3\r\n$7\r\nmessage\r\n" CHANNEL
#define SUBSCRIBE "*3\r\n$9\r\nsubscribe\r\n" CHANNEL

void messages_are_told_apart(void**) {
  assert_true(read(SUBSCRIBE ":1\r\n").kind == Kind::subscribed);
  const Read message = read(MESSAGE "$4\r\nword\r\n");
  assert_true(message.kind == Kind::message);
  assert_string_equal(message.text.c_str(), "word");
}

void a_payload_may_be_anything(void**) {
  assert_true(read(MESSAGE "*-1\r\n").payload == RedisReply::Kind::nil);
  assert_true(read(MESSAGE "*1\r\n:1\r\n").payload == RedisReply::Kind::array);
  assert_true(read(MESSAGE ":1\r\n").payload == RedisReply::Kind::integer);
  assert_true(read(MESSAGE "-ERR no\r\n").payload == RedisReply::Kind::error);
}

void anything_else_is_malformed(void**) {
  // Literals next to each other are one.
  // NOLINTBEGIN(bugprone-suspicious-missing-comma)
  const std::string_view malformed[] = {
      "+OK\r\n",
      ":1\r\n",
      "$-1\r\n",
      "*-1\r\n",
      "*0\r\n",
      "*2\r\n$7\r\nmessage\r\n" CHANNEL,
      "*4\r\n$7\r\nmessage\r\n" CHANNEL "*0\r\n*0\r\n",
      "*3\r\n$7\r\nmessage\r\n$5\r\nother\r\n*0\r\n",
      "*3\r\n$7\r\nmessage\r\n$5\r\nnews2\r\n*0\r\n",
      "*3\r\n$8\r\npmessage\r\n" CHANNEL "*0\r\n",
      "*3\r\n$11\r\nunsubscribe\r\n" CHANNEL ":0\r\n",
      "*3\r\n*1\r\n:1\r\n" CHANNEL "*0\r\n",
      "*3\r\n:1\r\n:2\r\n:3\r\n",
      "*3\r\n+message\r\n+news\r\n*0\r\n",
      SUBSCRIBE "$1\r\n1\r\n",
  };
  // NOLINTEND(bugprone-suspicious-missing-comma)
  for (const std::string_view bytes : malformed) {
    assert_true(read(bytes).kind == Kind::malformed);
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(messages_are_told_apart),
    cmocka_unit_test(a_payload_may_be_anything),
    cmocka_unit_test(anything_else_is_malformed),
};
const Suite suite(__FILE__, tests);

}  // namespace
