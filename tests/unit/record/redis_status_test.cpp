#include "personalize/record/redis_status.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

#include "suite.h"

namespace {

using personalize::JsonWriter;
using personalize::PrometheusWriter;
using personalize::RedisRole;
using personalize::RedisServerSummary;
using personalize::RedisState;
using personalize::write_redis_servers;

const std::pmr::vector<RedisServerSummary> servers = {
    {"127.0.0.1:7000", RedisRole::master, {0, 1, 3, 0}, 5},
    {"unix:/a\"b\n\x01", RedisRole::standalone, {0, 0, 0, 2}, 0},
};

void prometheus(void**) {
  std::pmr::string out;
  PrometheusWriter writer(out);
  write_redis_servers(servers, writer);
  writer.end();
  const auto samples = out.substr(out.find("gauge\n") + 6);
  const std::string one =
      "personalize_redis_server_workers{server=\"127.0.0.1:7000\",role=\"master\",state=";
  const std::string two =
      "personalize_redis_server_workers{server=\"unix:/a\\\"b\\n?\",role=\"standalone\",state=";
  const std::string expected = one + "\"idle\"} 0\n" + one + "\"connecting\"} 1\n" + one +
                               "\"connected\"} 3\n" + one + "\"down\"} 0\n" + two +
                               "\"idle\"} 0\n" + two + "\"connecting\"} 0\n" + two +
                               "\"connected\"} 0\n" + two + "\"down\"} 2\n";
  assert_string_equal(samples.c_str(), expected.c_str());
}

std::string json_of(const std::pmr::vector<RedisServerSummary>& all) {
  std::pmr::string out;
  JsonWriter writer(out);
  write_redis_servers(all, writer);
  writer.end();
  return std::string(out);
}

void json(void**) {
  assert_string_equal(
      json_of(servers).c_str(),
      "{\"redis_servers\":["
      "{\"server\":\"127.0.0.1:7000\",\"role\":\"master\",\"workers\":{\"idle\":0,"
      "\"connecting\":1,\"connected\":3,\"down\":0},\"in_flight\":5},"
      "{\"server\":\"unix:/a\\\"b\\n?\",\"role\":\"standalone\",\"workers\":{\"idle\":0,"
      "\"connecting\":0,\"connected\":0,\"down\":2},\"in_flight\":0}]}");
  assert_string_equal(json_of({}).c_str(), "{\"redis_servers\":[]}");
}

void workers_are_counted(void**) {
  RedisServerSummary summary;
  summary.add({"", RedisRole::master, RedisState::connected, 3});
  summary.add({"", RedisRole::master, RedisState::down, 0});
  summary.add({"", RedisRole::master, RedisState::connected, 4});
  const std::array<std::uint32_t, personalize::redis_state_count> expected{0, 0, 2, 1};
  assert_true(summary.workers == expected);
  assert_int_equal(summary.in_flight, 7);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(prometheus),
    cmocka_unit_test(json),
    cmocka_unit_test(workers_are_counted),
};
const Suite suite(__FILE__, tests);

}  // namespace
