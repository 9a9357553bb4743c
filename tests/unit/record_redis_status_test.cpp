#include "personalize/redis_status.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

extern "C" {
#include <cmocka.h>
}

namespace {

using personalize::append_servers_json;
using personalize::append_servers_prometheus;
using personalize::RedisServerStatus;

const std::pmr::vector<RedisServerStatus> servers = {
    {"127.0.0.1:7000", "master", "connected", 3},
    {"unix:/a\"b\n\x01", "standalone", "down", 0},
};

void prometheus(void**) {
  std::pmr::string out;
  append_servers_prometheus(servers, out);
  const auto samples = out.substr(out.find("gauge\n") + 6);
  assert_string_equal(samples.c_str(),
                      "personalize_redis_server_up{server=\"127.0.0.1:7000\",role=\"master\","
                      "state=\"connected\"} 1\n"
                      "personalize_redis_server_up{server=\"unix:/a\\\"b\\n?\",role=\"standalone\","
                      "state=\"down\"} 0\n");
}

void json(void**) {
  std::pmr::string out;
  append_servers_json(servers, out);
  assert_string_equal(out.c_str(),
                      "[{\"server\":\"127.0.0.1:7000\",\"role\":\"master\",\"state\":\"connected\","
                      "\"in_flight\":3},{\"server\":\"unix:/a\\\"b\\n?\",\"role\":\"standalone\","
                      "\"state\":\"down\",\"in_flight\":0}]");
  out.clear();
  append_servers_json({}, out);
  assert_string_equal(out.c_str(), "[]");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(prometheus),
      cmocka_unit_test(json),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
