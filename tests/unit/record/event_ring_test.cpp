// The queue of events that wait.
#include "personalize/record/event_ring.h"

#include <deque>
#include <random>
#include <string>

#include "suite.h"

using namespace personalize;

namespace {

void first_in_first_out(void**) {
  EventRing ring(1024);
  assert_true(ring.is_empty());
  assert_true(ring.push("one", 1));
  assert_true(ring.push("", 2));
  assert_true(ring.push("three", 3));
  assert_int_equal(ring.count(), 3);
  assert_true(ring.front().record == "one" && ring.front().tag == 1);
  ring.pop();
  assert_true(ring.front().record.empty() && ring.front().tag == 2);
  ring.pop();
  assert_true(ring.front().record == "three");
  ring.pop();
  assert_true(ring.is_empty());
}

void what_is_too_large_is_never_taken(void**) {
  EventRing ring(64);
  assert_false(ring.push(std::string(64, 'x'), 1));
  assert_true(ring.is_empty());
  assert_true(ring.push(std::string(48, 'x'), 1));
  assert_false(ring.push("", 2));
  ring.pop();
  assert_true(ring.push(std::string(48, 'y'), 3));
  assert_int_equal(ring.front().record.size(), 48);
}

// The same as a queue that drops the oldest when it is full, for any sizes.
void random_sizes(void**) {
  std::mt19937 random(7);
  for (const std::size_t size : {64U, 200U, 1000U, 4096U}) {
    EventRing ring(size);
    std::deque<std::pair<std::string, std::uint64_t>> expected;
    std::size_t dropped = 0;
    for (std::uint64_t i = 0; i < 20000; ++i) {
      const std::string record(random() % 60, static_cast<char>('a' + i % 26));
      while (!ring.push(record, i)) {
        if (ring.is_empty()) {
          break;
        }
        assert_true(ring.front().tag == expected.front().second);
        ring.pop();
        expected.pop_front();
        ++dropped;
      }
      if (record.size() + 16 <= size) {
        expected.emplace_back(record, i);
      }
      for (std::size_t takes = random() % 3; takes > 0 && !ring.is_empty(); --takes) {
        assert_true(ring.front().record == expected.front().first);
        assert_true(ring.front().tag == expected.front().second);
        ring.pop();
        expected.pop_front();
      }
      assert_int_equal(ring.count(), expected.size());
    }
    assert_true(dropped > 0);
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(first_in_first_out),
    cmocka_unit_test(what_is_too_large_is_never_taken),
    cmocka_unit_test(random_sizes),
};
const Suite suite(__FILE__, tests);

}  // namespace
