#include "personalize/redis/subscription.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/redis/reply_reader.h"
#include "suite.h"

namespace {

using personalize::Invalidation;
using personalize::invalidation_limits;
using personalize::minimal_prefixes;
using personalize::read_invalidation;
using personalize::RedisReply;
using personalize::ReplyReader;
using Kind = Invalidation::Kind;
using Texts = std::vector<std::string>;

void prefixes_that_others_cover_are_left_out(void**) {
  assert_true(minimal_prefixes({}).empty());
  assert_true(minimal_prefixes({"profile:"}) == Texts{"profile:"});
  assert_true(minimal_prefixes({"a", "a", "a"}) == Texts{"a"});
  assert_true(
      (minimal_prefixes({"profile:eu:", "weather:", "profile:"}) == Texts{"profile:", "weather:"}));
  assert_true((minimal_prefixes({"ab", "a:b", "a:", "abc", "b"}) == Texts{"a:", "ab", "b"}));
  assert_true((minimal_prefixes({"a", "a\x01", "a\xff", "b"}) == Texts{"a", "b"}));
  assert_true((minimal_prefixes({"\xff", "\x7f", "\xff\x01"}) == Texts{"\x7f", "\xff"}));
}

// Reads the payload of one message; the keys are joined by commas.
struct Read {
  Kind kind = Kind::malformed;
  std::string keys;
};

Read read(std::string_view bytes) {
  ReplyReader reader(invalidation_limits());
  assert_true(reader.read(bytes) == ReplyReader::Status::reply);
  assert_true(bytes.empty());
  const Invalidation message = read_invalidation(reader.reply());
  Read result{message.kind, {}};
  for (std::uint32_t i = 0; i < message.count; ++i) {
    if (message.keys[i].kind == RedisReply::Kind::string) {
      result.keys += std::string(message.keys[i].text) + ",";
    }
  }
  return result;
}

void messages_are_told_apart(void**) {
  assert_true(read("*-1\r\n").kind == Kind::everything);
  assert_true(read("$-1\r\n").kind == Kind::everything);
  assert_true(read("$4\r\njunk\r\n").kind == Kind::foreign);

  const Read keys = read("*2\r\n$9\r\nprofile:a\r\n$9\r\nprofile:b\r\n");
  assert_true(keys.kind == Kind::keys);
  assert_string_equal(keys.keys.c_str(), "profile:a,profile:b,");

  const Read none = read("*0\r\n");
  assert_true(none.kind == Kind::keys);
  assert_true(none.keys.empty());
}

void what_is_no_key_among_keys_is_left_out(void**) {
  const Read keys = read("*5\r\n$1\r\na\r\n:7\r\n$-1\r\n+x\r\n$1\r\nb\r\n");
  assert_true(keys.kind == Kind::keys);
  assert_string_equal(keys.keys.c_str(), "a,b,");
}

void key_beyond_the_limit_is_left_out(void**) {
  const std::string large(std::size_t{5} * 1024 * 1024, 'x');
  const Read keys =
      read("*2\r\n$" + std::to_string(large.size()) + "\r\n" + large + "\r\n$1\r\nb\r\n");
  assert_true(keys.kind == Kind::keys);
  assert_string_equal(keys.keys.c_str(), "b,");
}

void anything_else_is_malformed(void**) {
  for (const std::string_view bytes : {":1\r\n", "+OK\r\n", "-ERR no\r\n"}) {
    assert_true(read(bytes).kind == Kind::malformed);
  }
}

// Of the whole message, as it comes from the server.
#define MESSAGE "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n"

void too_many_keys_break_the_connection(void**) {
  ReplyReader reader(invalidation_limits());
  std::string_view bytes = MESSAGE "*65537\r\n";
  assert_true(reader.read(bytes) == ReplyReader::Status::broken);

  ReplyReader nested(invalidation_limits());
  bytes = MESSAGE "*1\r\n*1\r\n";
  assert_true(nested.read(bytes) == ReplyReader::Status::broken);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(prefixes_that_others_cover_are_left_out),
    cmocka_unit_test(messages_are_told_apart),
    cmocka_unit_test(what_is_no_key_among_keys_is_left_out),
    cmocka_unit_test(key_beyond_the_limit_is_left_out),
    cmocka_unit_test(anything_else_is_malformed),
    cmocka_unit_test(too_many_keys_break_the_connection),
};
const Suite suite(__FILE__, tests);

}  // namespace
