#include "personalize/redis/info.h"

#include <string_view>

#include "suite.h"

namespace {

using personalize::read_command_calls;
using personalize::RedisReply;

RedisReply string(std::string_view text) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::string;
  reply.text = text;
  return reply;
}

void calls_are_read(void**) {
  const RedisReply reply = string(
      "# Commandstats\r\n"
      "cmdstat_get:calls=12,usec=40,usec_per_call=3.33,rejected_calls=0,failed_calls=0\r\n"
      "cmdstat_swapdb:calls=3,usec=9,usec_per_call=3.00\r\n"
      "cmdstat_swapdb2:calls=7,usec=1\r\n");
  assert_int_equal(*read_command_calls(reply, "swapdb"), 3);
  assert_int_equal(*read_command_calls(reply, "get"), 12);
  assert_int_equal(*read_command_calls(reply, "swap"), 0);
  assert_int_equal(*read_command_calls(string("# Commandstats\r\n"), "swapdb"), 0);
  assert_int_equal(*read_command_calls(string("# Commandstats"), "swapdb"), 0);
}

void other_replies_are_refused(void**) {
  assert_false(read_command_calls(string(""), "swapdb").has_value());
  assert_false(read_command_calls(string("# Server\r\n"), "swapdb").has_value());
  assert_false(
      read_command_calls(string("# Commandstats\r\ncmdstat_swapdb:calls=x"), "swapdb").has_value());
  RedisReply error;
  error.kind = RedisReply::Kind::error;
  error.text = "NOPERM no";
  assert_false(read_command_calls(error, "swapdb").has_value());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(calls_are_read),
    cmocka_unit_test(other_replies_are_refused),
};
const Suite suite(__FILE__, tests);

}  // namespace
