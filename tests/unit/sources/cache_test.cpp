// The cache in a small memory: expiry, leases, eviction, invalidation, reload.
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "personalize/sources/cache.h"

namespace {

using namespace personalize;
using State = Cached::State;

constexpr CacheSeed seed{0x1234, 0x5678};

// A cache in a memory of its own, with short calls.
class Fixture {
 public:
  explicit Fixture(std::size_t size = 65536)
      : size_(size),
        area(static_cast<char*>(std::aligned_alloc(64, size / 64 * 64))),
        cache({area, size_}) {
    std::memset(area, 0, size / 64 * 64);
    assert_true(cache.init(seed));
  }
  ~Fixture() { std::free(area); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  Cached find(const CacheKey& key, std::int64_t now) {
    cache.warm(key);
    return cache.find(key, now, buffer_.data(), buffer_.size());
  }
  Cached find(const std::string& key, std::int64_t now, std::uint32_t source = 1) {
    return find(cache.key(source, key), now);
  }
  bool store(const std::string& key, std::string_view document, std::int64_t now,
             std::uint32_t source = 1, std::int64_t ttl = 100, std::int64_t stale = 1000) {
    const auto k = cache.key(source, key);
    return cache.store(k, document, now, ttl, stale, find(k, now).generation);
  }
  bool has(const std::string& key, std::int64_t now) {
    return find(key, now).state != State::absent;
  }

 private:
  std::size_t size_;
  std::vector<char> buffer_ = std::vector<char>(DocumentCache::largest_document);

 public:
  char* area;
  DocumentCache cache;
};

void what_is_stored_is_found(void**) {
  Fixture f;
  assert_int_equal(f.find("a", 0).state, State::absent);
  assert_true(f.find("a", 0).fetch);
  assert_true(f.store("a", "alpha", 0));
  assert_true(f.store("b", "", 0));
  assert_true(f.store(std::string("a\0b", 3), "binary", 0));
  const auto a = f.find("a", 50);
  assert_int_equal(a.state, State::fresh);
  assert_int_equal(a.reason, Lookup::hit);
  assert_false(a.fetch);
  assert_true(a.bytes == "alpha");
  assert_int_equal(f.find("b", 50).state, State::fresh);
  assert_true(f.find("b", 50).bytes.empty());
  assert_true(f.find(std::string("a\0b", 3), 50).bytes == "binary");
  assert_false(f.has("c", 50));
  assert_false(f.has("", 50));
}

void sources_are_told_apart(void**) {
  Fixture f;
  assert_true(f.store("a", "as json", 0, 1));
  assert_int_equal(f.find("a", 0, 2).state, State::absent);
  assert_true(f.store("a", "as text", 0, 2));
  assert_true(f.find("a", 0, 1).bytes == "as json");
  assert_true(f.find("a", 0, 2).bytes == "as text");
}

void document_grows_stale_and_old(void**) {
  Fixture f;
  assert_true(f.store("a", "alpha", 1000));  // fresh 100, then stale 1000
  assert_int_equal(f.find("a", 1099).state, State::fresh);
  const auto stale = f.find("a", 1100);
  assert_int_equal(stale.state, State::stale);
  assert_int_equal(stale.reason, Lookup::stale);
  assert_true(stale.bytes == "alpha");
  assert_int_equal(f.find("a", 2099).state, State::stale);
  assert_int_equal(f.find("a", 2100).state, State::absent);
  assert_true(f.find("a", 2100).bytes.empty());
}

void one_refreshes_at_a_time(void**) {
  Fixture f;
  assert_true(f.store("a", "alpha", 0, 1, 100, 10000));
  assert_true(f.find("a", 100).fetch);
  assert_false(f.find("a", 101).fetch);
  assert_false(f.find("a", 99 + DocumentCache::lease_ms).fetch);
  assert_true(f.find("a", 100 + DocumentCache::lease_ms).fetch);
  assert_false(f.find("a", 101 + DocumentCache::lease_ms).fetch);
  assert_true(f.store("a", "beta", 1200, 1, 100, 10000));
  assert_int_equal(f.find("a", 1250).state, State::fresh);
  assert_true(f.find("a", 1300).fetch);
}

void negative_answer_says_why(void**) {
  Fixture f;
  const auto key = f.cache.key(1, "a");
  assert_true(f.cache.store_negative(key, Lookup::too_large, 0, 100, 0));
  const auto found = f.find(key, 99);
  assert_int_equal(found.state, State::negative);
  assert_int_equal(found.reason, Lookup::too_large);
  assert_false(found.fetch);
  assert_int_equal(f.find(key, 100).state, State::absent);

  assert_true(f.store("a", "alpha", 0));
  assert_true(f.cache.store_negative(key, Lookup::missing, 10, 100, 0));
  assert_int_equal(f.find(key, 20).state, State::negative);
  assert_true(f.store("a", "alpha", 30));
  assert_int_equal(f.find(key, 40).state, State::fresh);
  assert_int_equal(f.cache.statistics().entries, 1);
}

void replaced_document_leaves_nothing_behind(void**) {
  Fixture f;
  for (int i = 0; i < 100; ++i) {
    assert_true(f.store("a", std::string(static_cast<std::size_t>(i) * 10, 'x'), i));
  }
  assert_int_equal(f.find("a", 100).bytes.size(), 990);
  assert_int_equal(f.cache.statistics().used, 1280);  // 5 blocks of 256
}

void without_time_nothing_is_kept(void**) {
  Fixture f;
  assert_true(f.store("a", "alpha", 0));
  assert_false(f.store("a", "beta", 0, 1, 0, 0));
  assert_false(f.has("a", 0));
  assert_true(f.store("a", "gamma", 0, 1, 0, 100));
  assert_int_equal(f.find("a", 0).state, State::stale);
}

void least_recently_used_makes_room(void**) {
  Fixture f(23424);
  int stored = 0;
  while (f.cache.statistics().evictions == 0) {
    assert_true(f.store(std::to_string(stored++), std::string(500, 'x'), 0, 1, 100000));
  }
  assert_false(f.has("0", 1));
  assert_true(f.has("1", 1));
  // Asked for after more than a second: now the most recently used.
  assert_true(f.has("1", 5000));
  assert_true(f.store("new", std::string(500, 'x'), 5000, 1, 100000));
  assert_true(f.has("1", 5001));
  assert_false(f.has("2", 5001));
  assert_true(f.has("3", 5001));
  assert_int_equal(f.cache.statistics().evictions, 2);
}

void full_memory_keeps_the_newest(void**) {
  Fixture f(23424);
  for (int i = 0; i < 10000; ++i) {
    assert_true(f.store(std::to_string(i), std::string(static_cast<std::size_t>(i % 700), 'x'), i,
                        1, 100000));
    assert_true(f.has(std::to_string(i), i));
  }
  assert_true(f.has("9980", 10000));
  const auto statistics = f.cache.statistics();
  assert_in_range(statistics.entries, 15, 80);
  // Documents leave a sixteenth to negative entries.
  assert_in_range(statistics.used, statistics.available / 16 * 15 - 1024, statistics.available);
  assert_int_equal(statistics.evictions + statistics.entries, 10000);
}

// Keys at which there is nothing, which clients can make up, evict no document.
void negative_entries_evict_no_document(void**) {
  for (const int documents : {10, 10000}) {
    Fixture f(65536);
    for (int i = 0; i < documents; ++i) {
      assert_true(f.store("d" + std::to_string(i), std::string(500, 'x'), i, 1, 100000));
    }
    const auto are_there = [&] {
      int count = 0;
      for (int i = 0; i < documents; ++i) {
        count += f.has("d" + std::to_string(i), documents) ? 1 : 0;
      }
      return count;
    };
    const int before = are_there();
    assert_true(before >= 10);
    for (int i = 0; i < 5000; ++i) {
      const std::string name = "unknown:" + std::to_string(i);
      const auto key = f.cache.key(1, name);
      assert_true(f.cache.store_negative(key, Lookup::missing, documents, 100000, 0));
      assert_int_equal(f.find(key, documents).state, State::negative);
    }
    assert_int_equal(are_there(), before);
  }
}

// However small the entries are that fill the memory, a large one gets its room, and costs no more
// of them than it must.
void large_document_finds_room_among_small_ones(void**) {
  Fixture f(262144);
  for (int i = 0; i < 2000; ++i) {
    assert_true(
        f.cache.store_negative(f.cache.key(1, std::to_string(i)), Lookup::missing, i, 100000, 0));
  }
  const auto before = f.cache.statistics();
  assert_true(f.store("large", std::string(10000, 'x'), 2000, 1, 100000));
  const auto after = f.cache.statistics();
  assert_int_equal(after.evictions - before.evictions, 40);
  assert_int_equal(after.entries, before.entries - 40 + 1);
  assert_true(f.find("large", 2001).bytes == std::string(10000, 'x'));
}

void every_length_comes_back(void**) {
  Fixture f(1048576);
  std::string document;
  for (std::size_t n = 0; n < 1500; ++n) {
    const std::string key(n % 1024, 'k');
    assert_true(f.store(key, document, 0));
    const auto found = f.find(key, 1);
    assert_int_equal(found.state, State::fresh);
    assert_true(found.bytes == document);
    document += static_cast<char>('a' + n % 26);
  }
}

void document_without_room_tells_its_size(void**) {
  Fixture f;
  assert_true(f.store("a", std::string(1000, 'x'), 0));
  char buffer[999];
  const auto key = f.cache.key(1, "a");
  const auto found = f.cache.find(key, 1, buffer, sizeof(buffer));
  assert_int_equal(found.state, State::fresh);
  assert_int_equal(found.size, 1000);
  assert_true(found.bytes.empty());
}

void too_large_is_refused_and_the_old_forgotten(void**) {
  Fixture f(23424);
  assert_true(f.store("a", std::string(800, 'x'), 0));
  assert_false(f.store("a", std::string(1500, 'x'), 1));
  assert_false(f.has("a", 2));
  assert_int_equal(f.cache.statistics().refused, 1);

  Fixture large(std::size_t{64} << 20);
  const std::string most(DocumentCache::largest_document, 'x');
  assert_true(large.store("a", most, 0));
  assert_true(large.find("a", 1).bytes == most);
  assert_false(large.store("a", most + "x", 0));
}

void colliding_keys_are_told_apart(void**) {
  Fixture f;
  for (int i = 0; i < 50; ++i) {
    const auto text = std::to_string(i);
    assert_true(f.cache.store({1, text, 7}, "value " + text, 0, 100, 0, 0));
  }
  f.cache.invalidate({0, "20", 7});
  for (int i = 0; i < 50; ++i) {
    const auto text = std::to_string(i);
    const auto found = f.find({1, text, 7}, 1);
    assert_true(found.bytes == (i == 20 ? "" : "value " + text));
  }
  assert_int_equal(f.find({1, "50", 7}, 1).state, State::absent);
}

void invalidation_reaches_every_source(void**) {
  Fixture f;
  assert_true(f.store("a", "one", 0, 1));
  assert_true(f.store("a", "two", 0, 2));
  assert_true(f.store("b", "other", 0, 1));
  f.cache.invalidate(f.cache.key(0, "a"));
  assert_false(f.has("a", 1));
  assert_int_equal(f.find("a", 1, 2).state, State::absent);
  assert_true(f.has("b", 1));
  f.cache.invalidate(f.cache.key(0, "never there"));
}

void fetch_overtaken_by_an_invalidation_is_not_kept(void**) {
  Fixture f;
  const auto key = f.cache.key(1, "a");
  const auto before = f.find(key, 0);
  f.cache.invalidate(key);
  assert_false(f.cache.store(key, "old", 1, 100, 100, before.generation));
  assert_false(f.cache.store_negative(key, Lookup::missing, 1, 100, before.generation));
  assert_false(f.has("a", 2));
  const auto after = f.find(key, 2);
  assert_true(f.cache.store(key, "new", 3, 100, 100, after.generation));
  // A slow one that began before does not overwrite what came since.
  assert_false(f.cache.store(key, "old", 4, 100, 100, before.generation));
  assert_true(f.find(key, 5).bytes == "new");
}

bool runs(std::int32_t process) noexcept {
  return process < 100;
}

constexpr DocumentCache::Watcher first{1, 7}, second{2, 7}, elsewhere{3, 8}, dead{100, 7};

void invalidation_says_how_many_entries(void**) {
  Fixture f;
  f.store("k", "one", 0, 1);
  f.store("k", "two", 0, 2);
  f.store("other", "three", 0, 1);
  assert_int_equal(f.cache.invalidate(f.cache.key(0, "k")), 2);
  assert_int_equal(f.cache.invalidate(f.cache.key(0, "k")), 0);
  assert_true(f.has("other", 0));
}

void invalidation_of_all_leaves_nothing(void**) {
  Fixture f;
  const auto during = f.cache.key(1, "during");
  const auto generation = f.find(during, 0).generation;
  f.store("a", "one", 0);
  f.store("b", "two", 0, 2);
  f.cache.invalidate_all();
  assert_false(f.has("a", 0));
  assert_true(f.find("b", 0, 2).state == State::absent);
  assert_false(f.cache.store(during, "old", 0, 100, 1000, generation));
  assert_true(f.store("a", "new", 0));
  assert_true(f.find("a", 0).bytes == "new");
  assert_true(f.find("a", 0).state == State::fresh);
}

void what_nobody_watched_is_not_fresh(void**) {
  Fixture f;
  f.store("a", "one", 0);
  const auto absent = f.cache.key(1, "absent");
  assert_true(
      f.cache.store_negative(absent, Lookup::missing, 0, 100, f.find(absent, 0).generation));
  const auto during = f.cache.key(1, "during");
  const auto generation = f.find(during, 0).generation;
  assert_true(f.cache.begin_watch(first, runs));

  const auto found = f.find("a", 0);
  assert_true(found.state == State::stale);
  assert_true(found.fetch);
  assert_true(found.bytes == "one");
  assert_false(f.find("a", 0).fetch);  // the lease
  assert_true(f.find(absent, 0).state == State::absent);
  assert_true(f.cache.store(during, "old", 0, 100, 1000, generation));
  assert_true(f.find("during", 0).state == State::stale);

  f.store("a", "new", 0);
  assert_true(f.find("a", 0).state == State::fresh);
  assert_true(f.cache.end_watch(first, runs));
  assert_true(f.find("a", 0).state == State::stale);
  assert_true(f.cache.begin_watch(first, runs));
}

void one_who_watches_is_enough(void**) {
  Fixture f;
  assert_true(f.cache.begin_watch(first, runs));
  f.store("a", "one", 0);
  assert_false(f.cache.begin_watch(second, runs));
  assert_false(f.cache.end_watch(first, runs));
  assert_true(f.find("a", 0).state == State::fresh);
  assert_false(f.cache.begin_watch(first, runs));
  assert_true(f.find("a", 0).state == State::fresh);
  assert_false(f.cache.end_watch(second, runs));
  assert_true(f.cache.end_watch(first, runs));
  assert_true(f.find("a", 0).state == State::stale);
}

void who_watches_something_else_is_no_substitute(void**) {
  Fixture f;
  assert_true(f.cache.begin_watch(first, runs));
  f.store("a", "one", 0);
  assert_true(f.cache.begin_watch(elsewhere, runs));
  assert_true(f.find("a", 0).state == State::stale);
}

void the_dead_do_not_watch(void**) {
  Fixture f;
  assert_true(f.cache.begin_watch(dead, runs));
  f.store("a", "one", 0);
  assert_true(f.cache.begin_watch(first, runs));
  assert_true(f.find("a", 0).state == State::stale);
}

void more_watchers_than_there_is_room_for(void**) {
  Fixture f;
  const auto all_run = [](std::int32_t) noexcept { return true; };
  for (std::int32_t process = 1; process <= 300; ++process) {
    assert_int_equal(f.cache.begin_watch({process, 7}, all_run), process == 1);
  }
  for (std::int32_t process = 300; process > 1; --process) {
    assert_false(f.cache.end_watch({process, 7}, all_run));
  }
  f.store("a", "one", 0);
  assert_true(f.cache.end_watch({1, 7}, all_run));
  assert_true(f.find("a", 0).state == State::stale);
}

void survives_a_reload(void**) {
  Fixture f;
  assert_true(f.store("a", "alpha", 0));
  DocumentCache next({f.area, 65536});
  assert_true(next.init({9, 9}));
  char buffer[100];
  assert_true(next.find(next.key(1, "a"), 1, buffer, sizeof(buffer)).bytes == "alpha");
  // The old process and the new one see each other's entries.
  assert_true(next.store(next.key(1, "b"), "beta", 1, 100, 0, 0));
  assert_true(f.find("b", 2).bytes == "beta");
}

void another_layout_starts_clean(void**) {
  Fixture f;
  assert_true(f.store("a", "alpha", 0));
  // As a process of an older build sees it: not touched.
  f.area[0] = static_cast<char>(f.area[0] ^ 1);
  const std::string before(f.area, 65536);
  assert_false(f.has("a", 1));
  assert_false(f.store("b", "beta", 1));
  f.cache.invalidate(f.cache.key(0, "a"));
  assert_int_equal(f.cache.statistics().entries, 0);
  assert_true(before == std::string(f.area, 65536));
  // As a new master sees it: started anew.
  DocumentCache next({f.area, 65536});
  assert_true(next.init(seed));
  assert_false(f.has("a", 1));
  assert_true(f.store("b", "beta", 1));
}

void memory_may_be_too_small(void**) {
  alignas(64) static char area[1024];
  DocumentCache nothing({area, 64});
  assert_false(nothing.init(seed));
  DocumentCache cache({area, sizeof(area)});
  assert_false(cache.init(seed));
  char buffer[100];
  assert_int_equal(cache.find(cache.key(1, "a"), 0, buffer, sizeof(buffer)).state, State::absent);
  assert_false(cache.store(cache.key(1, "a"), "alpha", 0, 100, 100, 0));
}

// Against a plain map, with memory for everything: the same answers, whatever the order of calls.
void agrees_with_a_map(void**) {
  Fixture f(8388608);
  std::map<std::pair<std::uint32_t, std::string>, std::string> expected;
  std::mt19937 random(4);
  for (int i = 0; i < 50000; ++i) {
    const std::uint32_t source = random() % 3;
    const auto key = std::to_string(random() % 200);
    switch (random() % 8) {
      case 0:
        f.cache.invalidate(f.cache.key(0, key));
        for (std::uint32_t s = 0; s < 3; ++s) {
          expected.erase({s, key});
        }
        break;
      case 1:
      case 2: {
        const std::string document(random() % 100, static_cast<char>('a' + random() % 26));
        assert_true(f.store(key, document, i, source, 1000000));
        expected[{source, key}] = document;
        break;
      }
      default: {
        const auto found = f.find(key, i, source);
        const auto should = expected.find({source, key});
        assert_int_equal(found.state, should == expected.end() ? State::absent : State::fresh);
        assert_true(found.bytes == (should == expected.end() ? "" : should->second));
      }
    }
  }
  assert_int_equal(f.cache.statistics().entries, expected.size());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(what_is_stored_is_found),
    cmocka_unit_test(sources_are_told_apart),
    cmocka_unit_test(document_grows_stale_and_old),
    cmocka_unit_test(one_refreshes_at_a_time),
    cmocka_unit_test(negative_answer_says_why),
    cmocka_unit_test(replaced_document_leaves_nothing_behind),
    cmocka_unit_test(without_time_nothing_is_kept),
    cmocka_unit_test(least_recently_used_makes_room),
    cmocka_unit_test(full_memory_keeps_the_newest),
    cmocka_unit_test(too_large_is_refused_and_the_old_forgotten),
    cmocka_unit_test(negative_entries_evict_no_document),
    cmocka_unit_test(large_document_finds_room_among_small_ones),
    cmocka_unit_test(every_length_comes_back),
    cmocka_unit_test(document_without_room_tells_its_size),
    cmocka_unit_test(colliding_keys_are_told_apart),
    cmocka_unit_test(invalidation_reaches_every_source),
    cmocka_unit_test(fetch_overtaken_by_an_invalidation_is_not_kept),
    cmocka_unit_test(invalidation_says_how_many_entries),
    cmocka_unit_test(invalidation_of_all_leaves_nothing),
    cmocka_unit_test(what_nobody_watched_is_not_fresh),
    cmocka_unit_test(one_who_watches_is_enough),
    cmocka_unit_test(who_watches_something_else_is_no_substitute),
    cmocka_unit_test(the_dead_do_not_watch),
    cmocka_unit_test(more_watchers_than_there_is_room_for),
    cmocka_unit_test(survives_a_reload),
    cmocka_unit_test(another_layout_starts_clean),
    cmocka_unit_test(memory_may_be_too_small),
    cmocka_unit_test(agrees_with_a_map),
};
const Suite suite(__FILE__, tests);

}  // namespace
