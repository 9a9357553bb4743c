#include "personalize/redis/reply_reader.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "suite.h"

namespace {

using personalize::RedisReply;
using personalize::ReplyLimits;
using personalize::ReplyReader;

std::string show(const RedisReply& reply) {
  switch (reply.kind) {
    case RedisReply::Kind::nil:
      return "nil";
    case RedisReply::Kind::integer:
      return std::to_string(reply.integer);
    case RedisReply::Kind::string:
      return "'" + std::string(reply.text) + "'";
    case RedisReply::Kind::status:
      return "+" + std::string(reply.text);
    case RedisReply::Kind::error:
      return "-" + std::string(reply.text);
    case RedisReply::Kind::too_large:
      return "too large: " + std::to_string(reply.integer);
    case RedisReply::Kind::array:
      break;
  }
  std::string shown = "[";
  for (std::uint32_t i = 0; i < reply.count; ++i) {
    if (i > 0) shown += ' ';
    shown += show(reply.elements[i]);
  }
  return shown + "]";
}

// All replies in `input`, each followed by a semicolon, then "broken" where it is.
std::string read_in_cuts(std::string_view input, std::size_t step, const ReplyLimits& limits) {
  ReplyReader reader(limits);
  std::string shown;
  while (!input.empty()) {
    // A copy of its own, so that a sanitizer sees what is kept beyond its life.
    const std::string copy(input.substr(0, step));
    input.remove_prefix(copy.size());
    std::string_view cut = copy;
    for (;;) {
      const ReplyReader::Status status = reader.read(cut);
      if (status == ReplyReader::Status::more) break;
      if (status == ReplyReader::Status::broken) {
        assert_false(reader.error().empty());
        std::string_view more = "+OK\r\n";
        assert_true(reader.read(more) == ReplyReader::Status::broken);
        return shown + "broken";
      }
      shown += show(reader.reply()) + ";";
    }
  }
  return shown;
}

std::string read(std::string_view input, const ReplyLimits& limits = ReplyLimits{}) {
  std::string whole = read_in_cuts(input, input.size() + 1, limits);
  for (std::size_t step = 1; step < 8; ++step) {
    assert_string_equal(read_in_cuts(input, step, limits).c_str(), whole.c_str());
  }
  return whole;
}

void assert_reads(std::string_view input, const char* expected) {
  assert_string_equal(read(input).c_str(), expected);
}

void makes_every_kind(void**) {
  assert_reads("+OK\r\n", "+OK;");
  assert_reads("+\r\n", "+;");
  assert_reads("-WRONGTYPE Operation\r\n", "-WRONGTYPE Operation;");
  assert_reads(":0\r\n:-9223372036854775808\r\n:9223372036854775807\r\n",
               "0;-9223372036854775808;9223372036854775807;");
  assert_reads("$-1\r\n*-1\r\n", "nil;nil;");
  assert_reads("$0\r\n\r\n", "'';");
  assert_reads("$4\r\n\r\n\r\n\r\n", "'\r\n\r\n';");
  assert_reads("*0\r\n", "[];");
  assert_reads("*4\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n*-1\r\n-E x\r\n", "['a' [1 nil] nil -E x];");
  assert_reads("*2\r\n*0\r\n*1\r\n*0\r\n", "[[] [[]]];");
  assert_reads("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n", "[[[[[[[7]]]]]]];");
}

void keeps_bytes_as_they_are(void**) {
  ReplyReader reader(ReplyLimits{});
  std::string every(256, '\0');
  for (int i = 0; i < 256; ++i) every[static_cast<std::size_t>(i)] = static_cast<char>(i);
  const std::string wire = "$256\r\n" + every + "\r\n";
  std::string_view input = wire;
  assert_true(reader.read(input) == ReplyReader::Status::reply);
  assert_true(reader.reply().text == every);
  assert_true(input.empty());
}

void stops_behind_each_reply(void**) {
  ReplyReader reader(ReplyLimits{});
  std::string_view input = "+a\r\n+b\r\n$1";
  assert_true(reader.read(input) == ReplyReader::Status::reply);
  assert_string_equal(show(reader.reply()).c_str(), "+a");
  assert_true(input == "+b\r\n$1");
  assert_true(reader.read(input) == ReplyReader::Status::reply);
  assert_string_equal(show(reader.reply()).c_str(), "+b");
  assert_true(reader.read(input) == ReplyReader::Status::more);
  assert_true(input.empty());
}

void many_replies_on_one_connection(void**) {
  std::string wire;
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string value(static_cast<std::size_t>(i * 7 % 5000),
                            static_cast<char>('a' + i % 26));
    wire += "*2\r\n:" + std::to_string(i) + "\r\n$" + std::to_string(value.size()) + "\r\n" +
            value + "\r\n";
    expected += "[" + std::to_string(i) + " '" + value + "'];";
  }
  const ReplyLimits limits;
  for (const std::size_t step : {std::size_t{1}, std::size_t{1000}, std::size_t{16384}}) {
    assert_true(read_in_cuts(wire, step, limits) == expected);
  }
}

void a_too_large_string_leaves_the_rest(void**) {
  ReplyLimits limits;
  limits.content = 100;
  const std::string large = "$101\r\n" + std::string(101, '*') + "\r\n";
  assert_string_equal(read(large + "+OK\r\n", limits).c_str(), "too large: 101;+OK;");
  assert_string_equal(read("*3\r\n$-1\r\n" + large + "$1\r\na\r\n+OK\r\n", limits).c_str(),
                      "[nil too large: 101 'a'];+OK;");
  assert_string_equal(read("*2\r\n" + large + "*1\r\n" + large + "$-1\r\n", limits).c_str(),
                      "[too large: 101 [too large: 101]];nil;");
}

void a_too_large_array_leaves_the_next_reply(void**) {
  ReplyLimits limits;
  limits.elements = 2;
  const std::string large = "*3\r\n$1\r\na\r\n:1\r\n*1\r\n+b\r\n";
  assert_string_equal(read(":1\r\n" + large + large + "*2\r\n:1\r\n:2\r\n", limits).c_str(),
                      "1;too large: 3;too large: 3;[1 2];");
}

void hostile_bytes_break_the_connection(void**) {
  assert_reads("garbage\r\n", "broken");
  assert_reads("+OK\r\nHTTP/1.1 400\r\n", "+OK;broken");
  assert_reads("*1000000000\r\n", "broken");
  assert_reads("*2147483648\r\n", "broken");
  assert_reads("*-2\r\n", "broken");
  assert_reads("$-2\r\n", "broken");
  assert_reads("$1\r\nabc", "broken");
  assert_reads(":\r\n", "broken");
  assert_reads(":1a\r\n", "broken");
  assert_reads(":+1\r\n", "broken");
  assert_reads(":9223372036854775808\r\n", "broken");
  assert_reads("*2\r\n$1\r\na\r\n:x\r\n", "broken");
  assert_reads("%1\r\n+a\r\n+b\r\n", "broken");
  assert_reads("*1\r\n_\r\n", "broken");
  assert_reads(">2\r\n$10\r\ninvalidate\r\n*0\r\n", "broken");

  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "*1\r\n";
  assert_reads(deep, "broken");
}

// Every single byte of good replies changed to every other value: no crash, and no memory beyond
// the limits (the sanitizers watch).
void any_changed_byte_is_survived(void**) {
  const std::string good = "*4\r\n$3\r\nabc\r\n:12\r\n*2\r\n$-1\r\n+OK\r\n-E x\r\n+OK\r\n";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = good;
      changed[at] = static_cast<char>(value);
      const std::string whole = read_in_cuts(changed, changed.size(), ReplyLimits{});
      assert_string_equal(read_in_cuts(changed, 1, ReplyLimits{}).c_str(), whole.c_str());
    }
  }
}

void the_error_code_is_the_first_word(void**) {
  ReplyReader reader(ReplyLimits{});
  std::string_view input = "-NOAUTH Authentication required.\r\n-ERR\r\n+NOAUTH x\r\n";
  assert_true(reader.read(input) == ReplyReader::Status::reply);
  assert_true(reader.reply().error_code() == "NOAUTH");
  assert_true(reader.read(input) == ReplyReader::Status::reply);
  assert_true(reader.reply().error_code() == "ERR");
  assert_true(reader.read(input) == ReplyReader::Status::reply);
  assert_true(reader.reply().error_code().empty());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(makes_every_kind),
    cmocka_unit_test(keeps_bytes_as_they_are),
    cmocka_unit_test(stops_behind_each_reply),
    cmocka_unit_test(many_replies_on_one_connection),
    cmocka_unit_test(a_too_large_string_leaves_the_rest),
    cmocka_unit_test(a_too_large_array_leaves_the_next_reply),
    cmocka_unit_test(hostile_bytes_break_the_connection),
    cmocka_unit_test(any_changed_byte_is_survived),
    cmocka_unit_test(the_error_code_is_the_first_word),
};
const Suite suite(__FILE__, tests);

}  // namespace
