#include "personalize/redis/pipeline.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "suite.h"

namespace {

using personalize::Pipeline;
using personalize::RedisCommandHandler;
using personalize::RedisFailure;
using personalize::RedisReply;
using Kind = Pipeline::Received::Kind;

std::string_view to_string(RedisFailure failure) {
  return failure == RedisFailure::unavailable ? "unavailable"
         : failure == RedisFailure::timeout   ? "timeout"
                                              : "protocol";
}

// Writes down what it is told.
struct Recorder final : RedisCommandHandler {
  std::string told;
  std::function<void()> then;

  void on_reply(const RedisReply& reply) noexcept override {
    told += std::string(reply.text) + ";";
    if (then) then();
  }
  void on_failure(RedisFailure why) noexcept override {
    told += std::string(to_string(why)) + ";";
    if (then) then();
  }
};

bool add(Pipeline& pipeline, RedisCommandHandler* handler, std::uint64_t deadline = 100) {
  const std::string_view words[] = {"PING"};
  return pipeline.add(words, 1, handler, deadline);
}

// Receives as the owner of a connection does; returns the error, if any.
std::string receive(Pipeline& pipeline, std::string_view bytes, std::size_t step) {
  while (!bytes.empty()) {
    std::string_view cut = bytes.substr(0, step);
    bytes.remove_prefix(cut.size());
    for (;;) {
      const Pipeline::Received received = pipeline.receive(cut);
      if (received.kind == Kind::more) break;
      if (received.kind == Kind::broken) {
        std::string error(pipeline.error());
        pipeline.fail_all(RedisFailure::protocol);
        return error;
      }
      if (received.handler != nullptr) received.handler->on_reply(*received.reply);
    }
  }
  return "";
}

void replies_go_to_their_commands(void**) {
  for (const std::size_t step : {1, 2, 3, 100}) {
    Pipeline pipeline(Pipeline::Limits{});
    Recorder a;
    Recorder b;
    Recorder c;
    assert_true(add(pipeline, &a));
    assert_true(add(pipeline, &b));
    assert_true(add(pipeline, nullptr));
    assert_true(add(pipeline, &c));
    assert_int_equal(pipeline.in_flight(), 4);
    assert_int_equal(pipeline.waiting(), 3);
    assert_string_equal(receive(pipeline, "+1\r\n$1\r\n2\r\n+3\r\n-4\r\n", step).c_str(), "");
    assert_string_equal(a.told.c_str(), "1;");
    assert_string_equal(b.told.c_str(), "2;");
    assert_string_equal(c.told.c_str(), "4;");
    assert_int_equal(pipeline.in_flight(), 0);
    assert_int_equal(pipeline.waiting(), 0);
  }
}

void in_flight_is_bounded(void**) {
  Pipeline::Limits limits;
  limits.in_flight = 2;
  Pipeline pipeline(limits);
  Recorder a;
  for (int round = 0; round < 5; ++round) {
    assert_true(add(pipeline, &a));
    assert_true(add(pipeline, &a));
    assert_false(add(pipeline, &a));
    assert_string_equal(receive(pipeline, "+1\r\n", 100).c_str(), "");
    assert_true(add(pipeline, &a));
    assert_false(add(pipeline, &a));
    assert_string_equal(receive(pipeline, "+2\r\n+3\r\n", 100).c_str(), "");
  }
  assert_string_equal(a.told.c_str(), "1;2;3;1;2;3;1;2;3;1;2;3;1;2;3;");
}

void unsent_bytes_are_bounded(void**) {
  Pipeline::Limits limits;
  limits.unsent = 28;
  Pipeline pipeline(limits);
  assert_true(add(pipeline, nullptr));
  assert_true(add(pipeline, nullptr));
  assert_false(add(pipeline, nullptr));
  assert_int_equal(pipeline.in_flight(), 2);
  pipeline.sent(28);
  assert_true(add(pipeline, nullptr));
}

void a_reply_that_nothing_asked_for_is_an_error(void**) {
  Pipeline pipeline(Pipeline::Limits{});
  Recorder a;
  assert_string_equal(receive(pipeline, "+OK\r\n", 100).c_str(), "a reply that nothing asked for");
  assert_true(add(pipeline, &a));
  assert_string_equal(receive(pipeline, "+1\r\n+2\r\n", 1).c_str(),
                      "a reply that nothing asked for");
  assert_string_equal(a.told.c_str(), "1;");
}

void a_broken_protocol_fails_all(void**) {
  Pipeline pipeline(Pipeline::Limits{});
  Recorder a;
  Recorder b;
  Recorder c;
  assert_true(add(pipeline, &a));
  assert_true(add(pipeline, &b));
  assert_true(add(pipeline, &c));
  pipeline.sent(5);
  assert_string_not_equal(receive(pipeline, "+1\r\n*1000000000\r\n+3\r\n", 1).c_str(), "");
  assert_string_equal(a.told.c_str(), "1;");
  assert_string_equal(b.told.c_str(), "protocol;");
  assert_string_equal(c.told.c_str(), "protocol;");
  assert_int_equal(pipeline.in_flight(), 0);
  assert_true(pipeline.unsent().empty());

  // The next connection starts afresh, whatever the last one left half read.
  assert_true(add(pipeline, &a));
  assert_string_equal(receive(pipeline, "+again\r\n", 1).c_str(), "");
  assert_string_equal(a.told.c_str(), "1;again;");
}

void a_late_reply_is_nobodys(void**) {
  Pipeline pipeline(Pipeline::Limits{});
  Recorder a;
  Recorder b;
  assert_true(add(pipeline, &a, 100));
  assert_true(add(pipeline, &b, 150));
  assert_true(pipeline.next_deadline() == 100U);
  assert_int_equal(pipeline.expire(99), 0);
  assert_int_equal(pipeline.expire(100), 1);
  assert_string_equal(a.told.c_str(), "timeout;");
  assert_int_equal(pipeline.in_flight(), 2);
  assert_int_equal(pipeline.waiting(), 1);
  assert_true(pipeline.next_deadline() == 150U);
  assert_string_equal(receive(pipeline, "+1\r\n+2\r\n", 3).c_str(), "");
  assert_string_equal(a.told.c_str(), "timeout;");
  assert_string_equal(b.told.c_str(), "2;");
  assert_false(pipeline.next_deadline().has_value());
}

void cancelled_ones_hear_nothing(void**) {
  Pipeline pipeline(Pipeline::Limits{});
  Recorder a;
  Recorder b;
  assert_true(add(pipeline, &a, 100));
  assert_true(add(pipeline, &b, 100));
  assert_true(add(pipeline, &a, 100));
  pipeline.cancel(a);
  pipeline.cancel(a);
  assert_int_equal(pipeline.in_flight(), 3);
  assert_int_equal(pipeline.waiting(), 1);
  assert_string_equal(receive(pipeline, "+1\r\n+2\r\n+3\r\n", 100).c_str(), "");
  assert_string_equal(a.told.c_str(), "");
  assert_string_equal(b.told.c_str(), "2;");

  assert_true(add(pipeline, &a, 200));
  assert_true(add(pipeline, &b, 200));
  pipeline.cancel(a);
  assert_int_equal(pipeline.expire(200), 1);
  pipeline.fail_all(RedisFailure::unavailable);
  assert_string_equal(a.told.c_str(), "");
  assert_string_equal(b.told.c_str(), "2;timeout;");
}

void handlers_may_send_and_cancel(void**) {
  Pipeline pipeline(Pipeline::Limits{});
  Recorder a;
  Recorder b;
  Recorder c;
  // A second round trip asks for what the first one named.
  a.then = [&] { assert_true(add(pipeline, &c, 300)); };
  assert_true(add(pipeline, &a, 100));
  assert_string_equal(receive(pipeline, "+1\r\n", 100).c_str(), "");
  assert_string_equal(receive(pipeline, "+2\r\n", 100).c_str(), "");
  assert_string_equal(c.told.c_str(), "2;");

  // What is sent when the connection is lost is for the next one, and keeps its place there.
  a.then = [&] {
    pipeline.cancel(b);
    assert_true(add(pipeline, &c, 300));
  };
  assert_true(add(pipeline, &a, 200));
  assert_true(add(pipeline, &b, 200));
  pipeline.fail_all(RedisFailure::unavailable);
  assert_string_equal(a.told.c_str(), "1;unavailable;");
  assert_string_equal(b.told.c_str(), "");
  assert_string_equal(c.told.c_str(), "2;");
  assert_int_equal(pipeline.in_flight(), 1);
  assert_true(pipeline.unsent() == "*1\r\n$4\r\nPING\r\n");
  assert_string_equal(receive(pipeline, "+3\r\n", 100).c_str(), "");
  assert_string_equal(c.told.c_str(), "2;3;");

  // And when one times out.
  a.then = [&] { assert_true(add(pipeline, &c, 300)); };
  assert_true(add(pipeline, &a, 200));
  assert_int_equal(pipeline.expire(200), 1);
  assert_true(pipeline.next_deadline() == 300U);
  assert_string_equal(receive(pipeline, "+late\r\n+4\r\n", 100).c_str(), "");
  assert_string_equal(c.told.c_str(), "2;3;4;");
}

void dropped_ones_hear_nothing(void**) {
  Pipeline pipeline(Pipeline::Limits{});
  Recorder a;
  assert_true(add(pipeline, &a));
  pipeline.drop_all();
  assert_int_equal(pipeline.in_flight(), 0);
  assert_int_equal(pipeline.waiting(), 0);
  assert_string_equal(a.told.c_str(), "");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(replies_go_to_their_commands),
    cmocka_unit_test(in_flight_is_bounded),
    cmocka_unit_test(unsent_bytes_are_bounded),
    cmocka_unit_test(a_reply_that_nothing_asked_for_is_an_error),
    cmocka_unit_test(a_broken_protocol_fails_all),
    cmocka_unit_test(a_late_reply_is_nobodys),
    cmocka_unit_test(cancelled_ones_hear_nothing),
    cmocka_unit_test(handlers_may_send_and_cancel),
    cmocka_unit_test(dropped_ones_hear_nothing),
};
const Suite suite(__FILE__, tests);

}  // namespace
