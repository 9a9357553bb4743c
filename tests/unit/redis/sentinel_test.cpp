#include "personalize/redis/sentinel.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/redis/reply_reader.h"
#include "suite.h"

namespace {

using personalize::NodeAddress;
using personalize::read_master;
using personalize::read_master_switch;
using personalize::read_replicas;
using personalize::read_role;
using personalize::ReplyLimits;
using personalize::ReplyReader;

std::string array(std::initializer_list<std::string> texts) {
  std::string bytes = "*" + std::to_string(texts.size()) + "\r\n";
  for (const std::string& text : texts) {
    bytes += "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  }
  return bytes;
}

// Calls `use` with the reply that the bytes are.
template <class Use>
auto with(const std::string& bytes, Use use) {
  ReplyReader reader(ReplyLimits{});
  std::string_view input = bytes;
  assert_true(reader.read(input) == ReplyReader::Status::reply);
  return use(reader.reply());
}

std::string master(const std::string& bytes) {
  const auto address = with(bytes, read_master);
  return address ? address->text() : "";
}

std::string replica(const std::string& host, const std::string& port, const std::string& flags,
                    const std::string& link = "ok") {
  return array({"name", "x", "ip", host, "port", port, "flags", flags, "master-link-status", link});
}

void the_master(void**) {
  assert_string_equal(master(array({"10.0.0.1", "6379"})).c_str(), "10.0.0.1:6379");
  assert_string_equal(master(array({"fe80::1", "6379"})).c_str(), "[fe80::1]:6379");
  for (const std::string& bytes :
       {std::string("*-1\r\n"), std::string("+OK\r\n"), array({"10.0.0.1"}),
        array({"10.0.0.1", "6379", "x"}), array({"10.0.0.1", "0"}), array({"10.0.0.1", "65536"}),
        array({"10.0.0.1", "-1"}), array({"10.0.0.1", "6379x"}), array({"", "6379"}),
        array({"a b", "6379"}), std::string("*2\r\n:1\r\n:2\r\n"),
        std::string("-IDONTKNOW no such master\r\n")}) {
    assert_string_equal(master(bytes).c_str(), "");
  }
}

void replicas_that_are_up(void**) {
  const std::string all = "*6\r\n" + replica("10.0.0.2", "6379", "slave") +
                          replica("10.0.0.3", "6379", "s_down,slave") +
                          replica("10.0.0.4", "6379", "slave,disconnected") +
                          replica("10.0.0.5", "6379", "slave", "err") +
                          replica("10.0.0.6", "no", "slave") + "+what\r\n";
  const std::vector<NodeAddress> found = with(all, read_replicas);
  assert_int_equal(found.size(), 1);
  assert_string_equal(found[0].text().c_str(), "10.0.0.2:6379");
  assert_true(with("-ERR No such master with that name\r\n", read_replicas).empty());
  assert_true(with("*1\r\n*1\r\n$2\r\nip\r\n", read_replicas).empty());
}

void not_too_many_replicas(void**) {
  std::string all = "*40\r\n";
  for (int i = 0; i < 40; ++i) all += replica("10.0.0." + std::to_string(i), "6379", "slave");
  assert_int_equal(with(all, read_replicas).size(), personalize::most_replicas_of_master);
}

void roles(void**) {
  const auto role = [](const std::string& bytes) {
    return with(bytes, [](const auto& reply) { return std::string(read_role(reply)); });
  };
  assert_string_equal(role("*3\r\n$6\r\nmaster\r\n:10\r\n*0\r\n").c_str(), "master");
  assert_string_equal(role(array({"slave", "10.0.0.1"})).c_str(), "slave");
  assert_string_equal(role("*0\r\n").c_str(), "");
  assert_string_equal(role("*1\r\n:1\r\n").c_str(), "");
  assert_string_equal(role("$6\r\nmaster\r\n").c_str(), "");
}

void a_new_master(void**) {
  // What the payload of a message says, as text.
  const auto told = [](const std::string& bytes) {
    return with(bytes, [](const personalize::RedisReply& reply) -> std::string {
      const auto found = read_master_switch(reply);
      return found ? std::string(found->master) + " at " + found->address.text() : "";
    });
  };
  const auto text = [](const std::string& payload) {
    return "$" + std::to_string(payload.size()) + "\r\n" + payload + "\r\n";
  };
  assert_string_equal(told(text("shop 10.0.0.1 6379 10.0.0.2 6380")).c_str(),
                      "shop at 10.0.0.2:6380");
  assert_string_equal(told(text("shop ::1 6379 ::2 6380")).c_str(), "shop at [::2]:6380");
  for (const std::string payload :
       {"", " ", "shop", "shop 10.0.0.1 6379", "shop 10.0.0.1 6379 10.0.0.2",
        "shop 10.0.0.1 6379 10.0.0.2 ", "shop 10.0.0.1 6379 10.0.0.2 0",
        "shop 10.0.0.1 6379 10.0.0.2 65536", "shop 10.0.0.1 6379 10.0.0.2 6380 more",
        "shop 10.0.0.1 6379  6380", "shop 10.0.0.1 6379 unix:/tmp 6380", "     "}) {
    assert_string_equal(told(text(payload)).c_str(), "");
  }
  for (const std::string bytes : {"*-1\r\n", ":1\r\n", "+shop\r\n"}) {
    assert_string_equal(told(bytes).c_str(), "");
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(the_master),
    cmocka_unit_test(replicas_that_are_up),
    cmocka_unit_test(not_too_many_replicas),
    cmocka_unit_test(roles),
    cmocka_unit_test(a_new_master),
};
const Suite suite(__FILE__, tests);

}  // namespace
