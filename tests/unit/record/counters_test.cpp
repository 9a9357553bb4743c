#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <set>
#include <sstream>
#include <string_view>
#include <thread>
#include <vector>

#include "personalize/record/counters.h"
#include "personalize/rewrite/rewrite.h"
#include "personalize/sources/sources.h"
#include "suite.h"

using namespace personalize;

namespace {

// Every counter has a value of its own: 1000, 1001, …
CounterSnapshot distinct_values() {
  Counters counters;
  for (std::size_t i = 0; i < counter_count; i++) {
    counters.add(static_cast<Counter>(i), 1000 + i);
  }
  CounterSnapshot snapshot;
  snapshot.add(counters);
  return snapshot;
}

void write_prometheus(const CounterSnapshot& counters, std::pmr::string& out) {
  PrometheusWriter writer(out);
  counters.write(writer);
  writer.end();
}

void write_json(const CounterSnapshot& counters, std::pmr::string& out) {
  JsonWriter writer(out);
  counters.write(writer);
  writer.end();
}

bool contains(std::string_view text, std::string_view part) {
  const bool found = text.find(part) != std::string_view::npos;
  if (!found) {
    print_error("no \"%.*s\" in:\n%.*s\n", static_cast<int>(part.size()), part.data(),
                static_cast<int>(text.size()), text.data());
  }
  return found;
}

void counters_of_workers_add_up(void**) {
  std::vector<Counters> workers(2);
  workers[0].add(Counter::slot_filled);
  workers[0].add(Counter::slot_filled, 4);
  workers[1].add(Counter::slot_filled, UINT64_C(1) << 40);
  CounterSnapshot snapshot;
  for (const auto& worker : workers) {
    snapshot.add(worker);
  }
  assert_true(snapshot[Counter::slot_filled] == (UINT64_C(1) << 40) + 5);
  assert_true(snapshot[Counter::slot_default] == 0);
}

void counting_at_once_loses_nothing(void**) {
  Counters counters;
  const auto count = [&] {
    for (int i = 0; i < 100000; i++) {
      counters.add(Counter::redis_command);
    }
  };
  std::thread other(count);
  count();
  other.join();
  assert_int_equal(counters.get(Counter::redis_command), 200000);
}

void zero_bytes_are_counters(void**) {
  alignas(Counters) unsigned char bytes[sizeof(Counters)] = {};
  auto* counters = reinterpret_cast<Counters*>(bytes);
  counters->add(Counter::wait_exceeded);
  assert_int_equal(counters->get(Counter::wait_exceeded), 1);
  assert_int_equal(counters->get(Counter::held_page), 0);
}

void prometheus_text_has_every_counter_once(void**) {
  std::pmr::string text;
  write_prometheus(distinct_values(), text);

  std::set<std::string> series;
  std::set<std::string> described;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("# TYPE ", 0) == 0) {
      const auto name = line.substr(7, line.rfind(' ') - 7);
      assert_true(line.substr(line.rfind(' ') + 1) == "counter");
      assert_true(described.insert(name).second);  // a family stands in one piece
    } else if (line.rfind("# HELP ", 0) != 0) {
      const auto name = line.substr(0, line.find_first_of("{ "));
      assert_true(described.count(name) == 1);
      assert_true(name.rfind("personalize_", 0) == 0);
      assert_true(name.size() > 6 && name.substr(name.size() - 6) == "_total");
      assert_true(series.insert(line.substr(0, line.rfind(' '))).second);
    }
  }
  assert_int_equal(series.size(), counter_count);
  assert_int_equal(text.back(), '\n');
}

void prometheus_text_has_the_values(void**) {
  Counters counters;
  counters.add(Counter::page_personalized, 7);
  counters.add(Counter::lookup_stale, 18446744073709551615ULL);
  counters.add(Counter::held_ms, 12034);
  counters.add(Counter::wait_exceeded, 2);
  CounterSnapshot snapshot;
  snapshot.add(counters);
  std::pmr::string text("before\n");
  write_prometheus(snapshot, text);
  assert_true(text.rfind("before\n# HELP personalize_pages_total ", 0) == 0);
  assert_true(contains(text, "\n# TYPE personalize_pages_total counter\n"));
  assert_true(contains(text, "\npersonalize_pages_total{result=\"personalized\"} 7\n"));
  assert_true(contains(text, "\npersonalize_pages_total{result=\"default\"} 0\n"));
  assert_true(
      contains(text, "\npersonalize_lookups_total{outcome=\"stale\"} 18446744073709551615\n"));
  assert_true(contains(text, "\npersonalize_held_seconds_total 12.034\n"));
  assert_true(contains(text, "\npersonalize_wait_exceeded_total 2\n"));
}

void json_has_every_value(void**) {
  std::pmr::string json;
  write_json(distinct_values(), json);
  assert_true(contains(json, "{\"pages\":{\"personalized\":1000,\"default\":1001},\"passed\":{"));
  const auto held = 1000 + static_cast<std::size_t>(Counter::held_page);
  assert_int_equal(static_cast<std::size_t>(Counter::held_ms), held - 1000 + 1);
  assert_true(contains(json, "\"held_pages\":" + std::to_string(held) + ",\"held_seconds\":1.0" +
                                 std::to_string(held + 1 - 1000) + ","));
  const auto last = 1000 + static_cast<std::size_t>(Counter::log_suppressed);
  assert_true(contains(json, "\"log_suppressed\":" + std::to_string(last) + "}"));
  assert_int_equal(std::count(json.begin(), json.end(), '{'),
                   std::count(json.begin(), json.end(), '}'));
  for (std::size_t i = 0; i < counter_count; i++) {
    if (static_cast<Counter>(i) != Counter::held_ms) {
      assert_true(contains(json, ":" + std::to_string(1000 + i)));
    }
  }
}

void without_memory_writing_throws(void**) {
  char buffer[64];
  for (const auto write : {write_prometheus, write_json}) {
    std::pmr::monotonic_buffer_resource memory(buffer, sizeof(buffer),
                                               std::pmr::null_memory_resource());
    std::pmr::string text("kept", &memory);
    bool thrown = false;
    try {
      write(distinct_values(), text);
    } catch (const std::bad_alloc&) {
      thrown = true;
    }
    assert_true(thrown);
  }
}

void outcomes_and_doubts_have_counters(void**) {
  std::set<Counter> seen;
  for (const auto outcome :
       {Lookup::hit, Lookup::stale, Lookup::fetched, Lookup::missing, Lookup::too_large,
        Lookup::invalid, Lookup::wrong_type, Lookup::error, Lookup::timeout}) {
    assert_true(seen.insert(*counter_of(outcome)).second);
  }
  for (const auto doubt : all_doubts) {
    assert_true(seen.insert(*counter_of(doubt)).second);
  }
  assert_true(*counter_of(Lookup::stale) == Counter::lookup_stale);
  assert_true(*counter_of(Doubt::not_html) == Counter::doubt_not_html);
  assert_false(counter_of(Lookup::idle).has_value());
  assert_false(counter_of(Lookup::pending).has_value());
  assert_false(counter_of(Doubt::none).has_value());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(counters_of_workers_add_up),
    cmocka_unit_test(counting_at_once_loses_nothing),
    cmocka_unit_test(zero_bytes_are_counters),
    cmocka_unit_test(prometheus_text_has_every_counter_once),
    cmocka_unit_test(prometheus_text_has_the_values),
    cmocka_unit_test(json_has_every_value),
    cmocka_unit_test(without_memory_writing_throws),
    cmocka_unit_test(outcomes_and_doubts_have_counters),
};
const Suite suite(__FILE__, tests);

}  // namespace
