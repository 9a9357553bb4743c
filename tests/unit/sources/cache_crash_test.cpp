// A process that is killed while it uses the cache leaves a memory that the others can use.
#include <csignal>
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "personalize/sources/cache.h"

namespace {

using namespace personalize;
using State = Cached::State;

constexpr CacheSeed seed{0x1234, 0x5678};
constexpr std::size_t area_size = 2097152;

struct Shared {
  alignas(64) char area[area_size];
  std::atomic<bool> started;
};

std::string document_of(const std::string& key) {
  std::string document;
  for (std::size_t i = std::hash<std::string>()(key) % 40; i > 0; --i) {
    document += "the document of " + key + ". ";
  }
  return document;
}

class Process {
 public:
  explicit Process(Shared& shared) : cache_({shared.area, area_size}) {
    assert_true(cache_.init(seed));
  }

  State check(const std::string& key) {
    const auto k = cache_.key(1, key);
    cache_.warm(k);
    const auto found = cache_.find(k, now_, buffer_.data(), buffer_.size());
    if (found.state == State::fresh) {
      assert_true(found.bytes == document_of(key));
    }
    generation_ = found.generation;
    return found.state;
  }

  bool store(const std::string& key) {
    check(key);
    return cache_.store(cache_.key(1, key), document_of(key), now_, 1000000, 0, generation_);
  }

  std::uint64_t generation(const std::string& key) const {
    return cache_.generation(cache_.key(1, key).hash);
  }

  // Changes of every kind, without end.
  [[noreturn]] void work(unsigned start) {
    std::mt19937 random(start);
    for (;;) {
      const auto key = std::to_string(random() % 1000);
      now_ += 2000;
      switch (random() % 4) {
        case 0:
          cache_.invalidate(cache_.key(1, key));
          break;
        case 1:
          check(key);
          break;
        default:
          store(key);
      }
    }
  }

  CacheStatistics statistics() { return cache_.statistics(); }

 private:
  DocumentCache cache_;
  std::vector<char> buffer_ = std::vector<char>(4096);
  std::int64_t now_ = 0;
  std::uint64_t generation_ = 0;
};

void spin(std::chrono::nanoseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

void killed_at_any_moment(void**) {
  auto& shared = *static_cast<Shared*>(
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  Process survivor(shared);
  std::mt19937 random(7);
  int lost = 0;
  int kept = 0;
  for (unsigned round = 0; round < 150; ++round) {
    assert_true(survivor.store("witness"));
    const auto generation = survivor.generation("witness");
    shared.started = false;
    const auto child = fork();
    if (child == 0) {
      Process process(shared);
      shared.started = true;
      process.work(round);
    }
    while (!shared.started) {
      sched_yield();
    }
    spin(std::chrono::nanoseconds(random() % 100000));
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, nullptr, 0), child);

    const bool is_kept = survivor.check("witness") == State::fresh;
    (is_kept ? kept : lost)++;
    // What a process has kept of a table that is lost, it knows to be of another one.
    assert_true(is_kept || survivor.generation("witness") != generation);
    for (int i = 0; i < 1000; ++i) {
      survivor.check(std::to_string(i));
    }
    for (int i = 0; i < 20; ++i) {
      assert_true(survivor.store("after " + std::to_string(i)));
      assert_int_equal(survivor.check("after " + std::to_string(i)), State::fresh);
    }
    const auto statistics = survivor.statistics();
    assert_true(statistics.used <= statistics.available);
  }
  // Both must have come about, or the test has shown nothing.
  assert_in_range(kept, 1, 149);
  assert_in_range(lost, 1, 149);
  munmap(&shared, sizeof(Shared));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(killed_at_any_moment),
};
const Suite suite(__FILE__, tests);

}  // namespace
