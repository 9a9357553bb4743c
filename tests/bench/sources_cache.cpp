// What a hit costs: finding a document among 20,000 and copying it out, with the lock, alone and
// with a second process doing the same.
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "personalize/sources/cache.h"

namespace {

using namespace personalize;
using Clock = std::chrono::steady_clock;

constexpr std::size_t memory_size = std::size_t{64} << 20;
constexpr int documents = 20000;
constexpr int rounds = 200000;
constexpr int repetitions = 15;  // of which the best counts: the machine may be busy

struct Shared {
  alignas(64) char area[memory_size];
  std::atomic<int> lock;
  std::atomic<int> ready;
};

// As NGINX's: an exchange, a spin, then the processor is given up.
class Lock {
 public:
  explicit Lock(std::atomic<int>& lock) : lock_(lock) {
    for (;;) {
      for (int spin = 0; spin < 1024; ++spin) {
        int none = 0;
        if (lock_.load(std::memory_order_relaxed) == 0 && lock_.compare_exchange_weak(none, 1)) {
          return;
        }
      }
      sched_yield();
    }
  }
  ~Lock() { lock_.store(0, std::memory_order_release); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  std::atomic<int>& lock_;
};

// Nanoseconds per hit.
double measure(Shared& shared, DocumentCache& cache, const std::vector<std::string>& keys) {
  std::vector<char> copy(65536);
  std::mt19937 random(static_cast<unsigned>(getpid()));
  std::vector<std::uint32_t> order(std::size_t{1} << 16);
  for (auto& i : order) {
    i = static_cast<std::uint32_t>(random() % keys.size());
  }
  double best = 0;
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    std::size_t hits = 0;
    const auto begin = Clock::now();
    for (int i = 0; i < rounds; ++i) {
      const auto key = cache.key(1, keys[order[static_cast<std::size_t>(i) % order.size()]]);
      cache.warm(key);
      const Lock lock(shared.lock);
      hits += cache.find(key, 1, copy.data(), copy.size()).bytes.empty() ? 0 : 1;
    }
    const std::chrono::duration<double, std::nano> time = Clock::now() - begin;
    const double each = time.count() / static_cast<double>(hits);
    best = repetition == 0 ? each : std::min(best, each);
  }
  return best;
}

}  // namespace

int main() {
  auto& shared = *static_cast<Shared*>(
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  DocumentCache cache({shared.area, memory_size});
  if (!cache.init({1, 2})) {
    return 1;
  }
  std::vector<std::string> keys;
  for (int i = 0; i < documents; ++i) {
    keys.push_back("profile:3f2a9c1e-77d4-4b1e-9a01-" + std::to_string(100000000000 + i));
    cache.store(cache.key(1, keys.back()), std::string(1200, 'x'), 0, 1000000, 0, 0);
  }
  std::printf("%llu documents of 1200 bytes\n",
              static_cast<unsigned long long>(cache.statistics().entries));

  const std::vector<std::string> one(keys.begin(), keys.begin() + 1);
  std::printf("one key, one process:       %6.0f ns per hit\n", measure(shared, cache, one));
  std::printf("random keys, one process:   %6.0f ns per hit\n", measure(shared, cache, keys));

  const auto child = fork();
  shared.ready.fetch_add(1);
  while (shared.ready.load() < 2) {
    sched_yield();
  }
  const double both = measure(shared, cache, keys);
  if (child == 0) {
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  std::printf("random keys, two processes: %6.0f ns per hit in each\n", both);
}
