#include "personalize/redis/cluster.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "suite.h"

namespace {

using personalize::read_redirection;
using personalize::Redirection;
using personalize::RedisReply;

std::optional<Redirection> read(std::string_view text) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::error;
  reply.text = text;
  return read_redirection(reply);
}

void where_to(void**) {
  const auto moved = read("MOVED 3999 127.0.0.1:6381");
  assert_true(moved.has_value());
  assert_true(moved->kind == Redirection::Kind::moved);
  assert_int_equal(moved->slot, 3999);
  assert_true(moved->host == "127.0.0.1");
  assert_int_equal(moved->port, 6381);

  const auto ask = read("ASK 16383 ::1:6381");
  assert_true(ask.has_value());
  assert_true(ask->kind == Redirection::Kind::ask);
  assert_int_equal(ask->slot, 16383);
  assert_true(ask->host == "::1");

  // From a node that does not know how the other one is reached.
  assert_true(read("MOVED 0 :6381")->host.empty());
  assert_true(read("MOVED 0 ?:6381")->host.empty());
  assert_true(read("MOVED 0 redis-1.example:6381")->host == "redis-1.example");
}

void what_is_none(void**) {
  for (const std::string_view text : {"MOVED",
                                      "MOVED ",
                                      "MOVED 1",
                                      "MOVED 1 ",
                                      "MOVED 1 host",
                                      "MOVED 1 host:",
                                      "MOVED 1 host:x",
                                      "MOVED x host:1",
                                      "MOVED -1 host:1",
                                      "MOVED 16384 host:1",
                                      "MOVED 65537 host:1",
                                      "MOVED 1 host:0",
                                      "MOVED 1 host:65536",
                                      "MOVED 1 host:-1",
                                      "MOVED 1 :0",
                                      "MOVED 1 unix:/etc/passwd:1",
                                      "MOVED 1 a b:1",
                                      "MOVED 1 host\n:1",
                                      "MOVED:1 host",
                                      "MOVEDX 1 host:1",
                                      "moved 1 host:1",
                                      "ERR MOVED 1 host:1",
                                      ""}) {
    assert_false(read(text).has_value());
  }
  assert_false(read("ASK 1 " + std::string(254, 'h') + ":1").has_value());

  RedisReply text;
  text.kind = RedisReply::Kind::string;
  text.text = "MOVED 3999 127.0.0.1:6381";
  assert_false(read_redirection(text).has_value());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(where_to),
    cmocka_unit_test(what_is_none),
};
const Suite suite(__FILE__, tests);

}  // namespace
