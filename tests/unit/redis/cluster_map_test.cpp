#include "personalize/redis/cluster.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "personalize/redis/reply_reader.h"
#include "suite.h"

namespace {

using personalize::cluster_limits;
using personalize::ClusterMap;
using personalize::ReplyLimits;
using personalize::ReplyReader;

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string node(const std::string& host, long port, const std::string& facts = "*0\r\n") {
  return "*4\r\n" + bulk(host) + ":" + std::to_string(port) + "\r\n" + bulk("id") + facts;
}

std::string range(long first, long last, const std::string& nodes, int count = 1) {
  return "*" + std::to_string(2 + count) + "\r\n:" + std::to_string(first) +
         "\r\n:" + std::to_string(last) + "\r\n" + nodes;
}

std::string ranges(const std::string& all, int count = 1) {
  return "*" + std::to_string(count) + "\r\n" + all;
}

std::optional<ClusterMap> read(const std::string& bytes) {
  ReplyReader reader(cluster_limits(ReplyLimits{}));
  std::string_view input = bytes;
  assert_true(reader.read(input) == ReplyReader::Status::reply);
  assert_true(input.empty());
  return ClusterMap::read(reader.reply(), "10.0.0.9");
}

std::string master(const ClusterMap& map, std::uint16_t slot) {
  const std::uint16_t shard = map.shard(slot);
  return shard == ClusterMap::no_shard ? "" : map.nodes()[map.shards()[shard].master].text();
}

void slots_and_their_nodes(void**) {
  const auto map = read(ranges(
      range(0, 99, node("10.0.0.1", 7000) + node("10.0.0.4", 7003) + node("10.0.0.5", 7004), 3) +
          range(100, 16383, node("10.0.0.2", 7001)) + range(50, 60, node("10.0.0.1", 7000)),
      3));
  assert_true(map.has_value());
  assert_int_equal(map->nodes().size(), 4);
  assert_int_equal(map->shards().size(), 2);
  assert_string_equal(master(*map, 0).c_str(), "10.0.0.1:7000");
  assert_string_equal(master(*map, 99).c_str(), "10.0.0.1:7000");
  assert_string_equal(master(*map, 100).c_str(), "10.0.0.2:7001");
  assert_string_equal(master(*map, 16383).c_str(), "10.0.0.2:7001");
  assert_int_equal(map->shards()[0].replicas.size(), 2);
  assert_string_equal(map->nodes()[map->shards()[0].replicas[1]].text().c_str(), "10.0.0.5:7004");
}

void slots_that_nobody_has(void**) {
  const auto map = read(ranges(range(10, 10, node("::1", 7000))));
  assert_true(map.has_value());
  assert_string_equal(master(*map, 10).c_str(), "[::1]:7000");
  assert_string_equal(master(*map, 9).c_str(), "");
  assert_string_equal(master(*map, 11).c_str(), "");
}

void node_that_does_not_know_its_host(void**) {
  for (const std::string& host : {bulk(""), std::string("$-1\r\n")}) {
    const auto map = read(ranges(range(0, 16383, "*3\r\n" + host + ":7000\r\n" + bulk("id"))));
    assert_true(map.has_value());
    assert_string_equal(master(*map, 0).c_str(), "10.0.0.9:7000");
  }
}

void host_names_stand_beside_the_address(void**) {
  const auto map = read(ranges(
      range(0, 16383, node("redis-1.example", 7000, "*2\r\n" + bulk("ip") + bulk("10.0.0.1")))));
  assert_true(map.has_value());
  assert_string_equal(master(*map, 0).c_str(), "10.0.0.1:7000");
  assert_true(map->nodes()[0].is("redis-1.example", 7000));
  assert_true(map->nodes()[0].is("10.0.0.1", 7000));
  assert_false(map->nodes()[0].is("10.0.0.1", 7001));
  assert_false(map->nodes()[0].is("", 7000));

  // The other way round, the name is of no use.
  const auto other = read(ranges(range(
      0, 16383, node("10.0.0.1", 7000, "*2\r\n" + bulk("hostname") + bulk("redis-1.example")))));
  assert_string_equal(master(*other, 0).c_str(), "10.0.0.1:7000");
}

void what_is_no_map(void**) {
  const std::string good = node("10.0.0.1", 7000);
  for (const std::string& bytes : {
           std::string("*0\r\n"),
           std::string("*-1\r\n"),
           std::string("+OK\r\n"),
           std::string("-ERR This instance has cluster support disabled\r\n"),
           ranges(bulk("0")),
           ranges("*0\r\n"),
           ranges(range(0, 16384, good)),
           ranges(range(-1, 5, good)),
           ranges(range(5, 4, good)),
           ranges("*2\r\n:0\r\n:1\r\n"),
           ranges("*3\r\n" + bulk("0") + ":1\r\n" + good),
           ranges(range(0, 1, bulk("10.0.0.1:7000"))),
           ranges(range(0, 1, "*1\r\n" + bulk("10.0.0.1"))),
           ranges(range(0, 1, node("10.0.0.1", 0))),
           ranges(range(0, 1, node("10.0.0.1", 65536))),
           ranges(range(0, 1, node("10.0.0.1", -1))),
           ranges(range(0, 1, node("10.0.0.1\nevil", 7000))),
           ranges(range(0, 1, node("unix:/etc/passwd", 7000))),
           ranges(range(0, 1, node(std::string(254, 'h'), 7000))),
       }) {
    assert_false(read(bytes).has_value());
  }
}

std::string many(int count, int distinct) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    const int n = i % distinct;
    all += range(i % 16384, i % 16384,
                 node("10.0." + std::to_string(n / 256) + "." + std::to_string(n % 256), 7000));
  }
  return ranges(all, count);
}

void as_many_as_there_may_be(void**) {
  const auto map = read(many(16384, 1000));
  assert_true(map.has_value());
  assert_int_equal(map->nodes().size(), 1000);
  assert_string_equal(master(*map, 16383).c_str(), "10.0.1.127:7000");
  assert_false(read(many(16384, 1001)).has_value());
  assert_false(read(many(16385, 3)).has_value());
}

void more_replicas_than_there_may_be(void**) {
  std::string nodes = node("10.0.0.1", 7000);
  for (int i = 0; i < 100; ++i) nodes += node("10.0.1.1", 7000 + i);
  const auto map = read(ranges(range(0, 16383, nodes, 101)));
  assert_true(map.has_value());
  assert_int_equal(map->shards()[0].replicas.size(), ClusterMap::most_replicas);
}

void one_slot_moves(void**) {
  auto map = read(
      ranges(range(0, 99, node("10.0.0.1", 7000)) + range(100, 16383, node("10.0.0.2", 7001)), 2));
  const auto before = map;
  assert_true(map->has_masters_of(*before));
  map->move(7, 1);
  assert_string_equal(master(*map, 7).c_str(), "10.0.0.2:7001");
  assert_string_equal(master(*map, 8).c_str(), "10.0.0.1:7000");
  assert_false(map->has_masters_of(*before));
  map->move(7, 0);
  map->move(8, 99);  // no master
  assert_true(map->has_masters_of(*before));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(slots_and_their_nodes),
    cmocka_unit_test(slots_that_nobody_has),
    cmocka_unit_test(node_that_does_not_know_its_host),
    cmocka_unit_test(host_names_stand_beside_the_address),
    cmocka_unit_test(what_is_no_map),
    cmocka_unit_test(as_many_as_there_may_be),
    cmocka_unit_test(more_replicas_than_there_may_be),
    cmocka_unit_test(one_slot_moves),
};
const Suite suite(__FILE__, tests);

}  // namespace
