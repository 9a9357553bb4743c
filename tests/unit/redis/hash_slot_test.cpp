#include "personalize/redis/cluster.h"
#include "personalize/redis/command.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "suite.h"

namespace {

using personalize::hash_slot_of;
using personalize::is_read;
using personalize::routing_key;

// As `redis-cli cluster keyslot KEY` of Redis 7.0 says.
void slots_are_those_of_redis(void**) {
  // 0x31C3 is the specification's own check value of the CRC.
  assert_int_equal(hash_slot_of("123456789"), 0x31C3);
  assert_int_equal(hash_slot_of(""), 0);
  assert_int_equal(hash_slot_of("foo"), 12182);
  assert_int_equal(hash_slot_of("profile:ada"), 12877);
  assert_int_equal(hash_slot_of(std::string_view("\xff\x00\x80", 3)), 7915);
}

void hash_tags(void**) {
  assert_int_equal(hash_slot_of("{user1000}.following"), hash_slot_of("user1000"));
  assert_int_equal(hash_slot_of("profile:{ada}"), hash_slot_of("ada"));
  // Only the first brace, and the first that closes it, count.
  assert_int_equal(hash_slot_of("foo{bar}{zap}"), hash_slot_of("bar"));
  assert_int_equal(hash_slot_of("foo{{bar}}zap"), hash_slot_of("{bar"));
  // What is empty or not closed is no tag.
  assert_int_not_equal(hash_slot_of("foo{}{bar}"), hash_slot_of("bar"));
  assert_int_equal(hash_slot_of("foo{}{bar}"), 8363);
  assert_int_equal(hash_slot_of("{open"), 7674);
  assert_int_equal(hash_slot_of("}{"), 12793);
}

void every_key_has_a_slot(void**) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const char bytes[] = {static_cast<char>(a), static_cast<char>(b)};
      assert_true(hash_slot_of({bytes, 2}) < personalize::hash_slot_count);
    }
  }
}

void the_key_that_routes(void**) {
  const std::string_view get[] = {"GETRANGE", "profile:ada", "0", "9"};
  assert_true(routing_key(get, 4) == "profile:ada");
  assert_true(routing_key(get, 1).empty());
  assert_true(routing_key(get, 0).empty());
}

void what_replicas_may_answer(void**) {
  assert_true(is_read("GETRANGE"));
  assert_true(is_read("hmget"));
  assert_true(is_read("LRANGE"));
  assert_false(is_read("XADD"));
  assert_false(is_read("EVALSHA"));
  assert_false(is_read("GETDEL"));
  assert_false(is_read("GETEX"));
  assert_false(is_read(""));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(slots_are_those_of_redis), cmocka_unit_test(hash_tags),
    cmocka_unit_test(every_key_has_a_slot),     cmocka_unit_test(the_key_that_routes),
    cmocka_unit_test(what_replicas_may_answer),
};
const Suite suite(__FILE__, tests);

}  // namespace
