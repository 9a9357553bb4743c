// A process that dies at any point inside the cache leaves a memory that the others can use.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

extern "C" {
#include <cmocka.h>
}

#include <string>

#include "personalize/cache.h"

namespace {

using namespace personalize;
using State = Cached::State;

constexpr CacheSeed seed{0x1234, 0x5678};
constexpr std::size_t memory_size = 65536;

// What the processes share: equal blocks, handed out from a list of free ones.
struct Shared {
  static constexpr std::size_t block_size = 5000;
  static constexpr std::size_t block_count = 12;

  void* root;
  int uses_until_death;  // 0: no one dies
  int resets;
  bool free[block_count];
  alignas(8) char blocks[block_count][block_size];

  // The process dies before and after each use of the memory, in turn.
  void use() {
    if (uses_until_death > 0 && --uses_until_death == 0) {
      _exit(7);
    }
  }
};

void* allocate(void* context, std::size_t bytes) noexcept {
  auto& shared = *static_cast<Shared*>(context);
  shared.use();
  for (std::size_t i = 0; i < Shared::block_count && bytes <= Shared::block_size; ++i) {
    if (shared.free[i]) {
      shared.free[i] = false;
      shared.use();
      return shared.blocks[i];
    }
  }
  return nullptr;
}

void release(void* context, void* block) noexcept {
  auto& shared = *static_cast<Shared*>(context);
  shared.use();
  const auto at = (static_cast<char*>(block) - shared.blocks[0]) /
                  static_cast<std::ptrdiff_t>(Shared::block_size);
  assert_false(shared.free[at]);
  shared.free[at] = true;
  shared.use();
}

void reset(void* context) noexcept {
  auto& shared = *static_cast<Shared*>(context);
  shared.use();
  for (bool& is_free : shared.free) {
    is_free = true;
  }
  ++shared.resets;
  shared.use();
}

class Fixture {
 public:
  Fixture()
      : shared(*static_cast<Shared*>(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_ANONYMOUS, -1, 0))),
        cache({&shared, allocate, release, reset, memory_size, &shared.root}) {
    assert_true(cache.init(seed));
    for (int i = 0; i < 10; ++i) {
      assert_true(store(std::to_string(i)));
    }
  }
  ~Fixture() { munmap(&shared, sizeof(Shared)); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  bool store(const std::string& key) {
    const auto k = cache.key(1, key);
    return cache.store(k, "document of " + key, 0, 100000, 0, cache.find(k, 0).generation);
  }
  State state(const std::string& key, std::int64_t now = 1) {
    return cache.find(cache.key(1, key), now).state;
  }

  // Another process does it, and dies at its nth use of the memory. Whether it came to that.
  template <typename Function>
  bool dies(int n, Function function) {
    const auto child = fork();
    if (child == 0) {
      shared.uses_until_death = n;
      function();
      shared.uses_until_death = 0;
      _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    shared.uses_until_death = 0;
    return WEXITSTATUS(status) == 7;
  }

  Shared& shared;
  DocumentCache cache;
};

template <typename Function>
void survives_death_in(Function change) {
  int deaths = 0;
  for (bool died = true; died; ++deaths) {
    Fixture f;
    died = f.dies(deaths + 1, [&] { change(f); });
    assert_true(f.store("after"));
    assert_int_equal(f.state("after"), State::fresh);
    assert_int_equal(f.shared.resets, died ? 2 : 1);
    assert_int_equal(f.state("5"), died ? State::absent : State::fresh);
  }
  assert_in_range(deaths, 3, 20);
}

void death_in_a_store(void**) {
  survives_death_in([](Fixture& f) { f.store("new"); });
}

void death_in_a_replacement(void**) {
  survives_death_in([](Fixture& f) { f.store("1"); });
}

void death_in_an_invalidation(void**) {
  survives_death_in([](Fixture& f) { f.cache.invalidate(f.cache.key(0, "1")); });
}

void death_in_a_new_start(void**) {
  int deaths = 0;
  for (bool died = true; died; ++deaths) {
    Fixture f;
    assert_true(f.dies(1, [&] { f.store("new"); }));
    died = f.dies(deaths + 1, [&] { f.state("5"); });
    assert_int_equal(f.state("5"), State::absent);
    assert_true(f.store("after"));
    assert_int_equal(f.state("after"), State::fresh);
  }
  assert_in_range(deaths, 5, 20);
}

void death_before_a_reload(void**) {
  Fixture f;
  assert_true(f.dies(1, [&] { f.store("new"); }));
  DocumentCache next({&f.shared, allocate, release, reset, memory_size, &f.shared.root});
  assert_true(next.init({8, 9}));
  assert_int_equal(next.find(next.key(1, "5"), 1).state, State::absent);
  assert_int_equal(next.statistics().entries, 0);
  // The processes that still run know the first seed: so must the new ones.
  assert_true(f.store("after"));
  assert_int_equal(next.find(next.key(1, "after"), 1).state, State::fresh);
}

void death_without_a_change_costs_nothing(void**) {
  Fixture f;
  assert_false(f.dies(1, [&] { f.state("5"); }));
  assert_int_equal(f.state("5"), State::fresh);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(death_in_a_store),
      cmocka_unit_test(death_in_a_replacement),
      cmocka_unit_test(death_in_an_invalidation),
      cmocka_unit_test(death_in_a_new_start),
      cmocka_unit_test(death_before_a_reload),
      cmocka_unit_test(death_without_a_change_costs_nothing),
  };
  return cmocka_run_group_tests_name("sources_cache_crash", tests, nullptr, nullptr);
}
