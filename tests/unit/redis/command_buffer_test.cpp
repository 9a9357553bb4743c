#include "personalize/redis/command_buffer.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "suite.h"

namespace {

using personalize::CommandBuffer;

bool add(CommandBuffer& buffer, const std::vector<std::string_view>& words,
         std::size_t limit = 1024) {
  return buffer.add(words.data(), words.size(), limit);
}

void commands_stand_one_behind_the_other(void**) {
  CommandBuffer buffer;
  assert_true(add(buffer, {"GET", "a"}));
  assert_true(add(buffer, {"PING"}));
  assert_true(buffer.unsent() == "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n");
}

void words_are_any_bytes(void**) {
  CommandBuffer buffer;
  const std::string_view key("a\0b\r\n%s ", 8);
  assert_true(add(buffer, {"GET", key, std::string_view()}));
  const std::string_view expected("*3\r\n$3\r\nGET\r\n$8\r\na\0b\r\n%s \r\n$0\r\n\r\n", 33);
  assert_true(buffer.unsent() == expected);
}

void what_was_sent_is_gone(void**) {
  CommandBuffer buffer;
  assert_true(add(buffer, {"PING"}));
  buffer.sent(4);
  assert_true(buffer.unsent() == "$4\r\nPING\r\n");
  assert_true(add(buffer, {"PING"}));
  buffer.sent(10);
  assert_true(buffer.unsent() == "*1\r\n$4\r\nPING\r\n");
  buffer.sent(14);
  assert_true(buffer.unsent().empty());
}

void more_than_the_limit_is_refused(void**) {
  CommandBuffer buffer;
  assert_true(add(buffer, {"PING"}, 14));
  assert_false(add(buffer, {"PING"}, 27));
  assert_true(buffer.unsent() == "*1\r\n$4\r\nPING\r\n");
  buffer.sent(1);
  assert_true(add(buffer, {"PING"}, 27));
  assert_false(add(buffer, {}, 1024));
}

void a_slow_socket_does_not_make_it_grow(void**) {
  CommandBuffer buffer;
  const std::string value(1000, 'x');
  std::string sent;
  for (int i = 0; i < 2000; ++i) {
    const std::string number = std::to_string(i);
    assert_true(add(buffer, {number, value}, 4096));
    const std::size_t part = i % 2 == 0 ? 500 : buffer.unsent().size() - 3;
    sent += buffer.unsent().substr(0, part);
    buffer.sent(part);
  }
  sent += buffer.unsent();
  std::string expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string number = std::to_string(i);
    expected += "*2\r\n$" + std::to_string(number.size()) + "\r\n";
    expected += number;
    expected += "\r\n$1000\r\n";
    expected += value;
    expected += "\r\n";
  }
  assert_true(sent == expected);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(commands_stand_one_behind_the_other),
    cmocka_unit_test(words_are_any_bytes),
    cmocka_unit_test(what_was_sent_is_gone),
    cmocka_unit_test(more_than_the_limit_is_refused),
    cmocka_unit_test(a_slow_socket_does_not_make_it_grow),
};
const Suite suite(__FILE__, tests);

}  // namespace
