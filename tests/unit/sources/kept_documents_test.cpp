// Documents that a process keeps beside the shared cache: what comes in, how long it is found, and
// how much there is of it.
#include "personalize/sources/kept_documents.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include "suite.h"

namespace {

using namespace personalize;

constexpr std::int64_t ttl = 60000;

// A shared cache, and what is kept of it.
class Fixture {
 public:
  explicit Fixture(std::size_t most_bytes = std::size_t{1} << 20) : kept(cache, most_bytes) {
    std::memset(area, 0, size);
    assert_true(cache.init({1, 2}));
  }
  ~Fixture() { std::free(area); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  void store(const std::string& key, std::string_view document, std::int64_t now = 0) {
    const auto cache_key = cache.key(1, key);
    const auto generation = cache.generation(cache_key.hash);
    assert_true(cache.store(cache_key, document, now, ttl, ttl, generation));
  }
  // Looks a document up as a worker does; "" if there is none. Sets `was_kept`.
  std::string look_up(const std::string& key, std::int64_t now = 0) {
    if (const KeptDocument* document = kept.find(1, key, now)) {
      was_kept = true;
      return std::string(document->bytes());
    }
    was_kept = false;
    char room[32768];
    const Cached cached = cache.find(cache.key(1, key), now, room, sizeof room);
    kept.keep(1, key, cached, now);
    return std::string(cached.bytes);
  }
  // Asks until the document is kept, if it will be.
  KeptDocument* get(const std::string& key, std::int64_t now = 0) {
    look_up(key, now);
    look_up(key, now);
    return kept.find(1, key, now);
  }

 private:
  static constexpr std::size_t size = std::size_t{4} << 20;

 public:
  char* area = static_cast<char*>(std::aligned_alloc(64, size));
  DocumentCache cache{{area, size}};
  KeptDocuments kept;
  bool was_kept = false;
};

void a_key_is_found_by_its_parts(void**) {
  Fixture f;
  f.store("item:7", "seven");
  const auto hash = KeptDocuments::hash_of_id(1, 7);
  for (int i = 0; i < 2; ++i) {
    char room[1024];
    f.kept.keep(1, "item:7", hash, f.cache.find(f.cache.key(1, "item:7"), 0, room, sizeof room), 0);
  }
  const KeptDocument* document = f.kept.find(1, {"item:", "7", {}}, hash, 0);
  assert_non_null(document);
  assert_true(document->bytes() == "seven");
  assert_ptr_equal(f.kept.find(1, {"it", "em", ":7"}, hash, 0), document);
  assert_ptr_equal(f.kept.find(1, {{}, "item:7", {}}, hash, 0), document);
  assert_null(f.kept.find(1, {"item:", "8", {}}, hash, 0));
  assert_null(f.kept.find(1, {"name:", "7", {}}, hash, 0));
  assert_null(f.kept.find(1, {"item", ":", "8"}, hash, 0));
  assert_null(f.kept.find(1, {"item:", "7", "7"}, hash, 0));
  assert_null(f.kept.find(2, {"item:", "7", {}}, hash, 0));
}

void what_is_asked_for_twice_is_kept(void**) {
  Fixture f;
  f.store("a", "alpha");
  assert_string_equal(f.look_up("a").c_str(), "alpha");
  assert_null(f.kept.find(1, "a", 0));
  f.look_up("a");
  assert_string_equal(f.look_up("a").c_str(), "alpha");
  assert_true(f.was_kept);
  assert_null(f.kept.find(2, "a", 0));
  assert_null(f.kept.find(1, "b", 0));
  // What is not there is not kept.
  assert_null(f.get("b"));
  f.store("large", std::string(KeptDocuments::largest + 1, 'x'));
  assert_null(f.get("large"));
}

void what_changes_is_asked_for_again(void**) {
  Fixture f;
  f.store("a", "alpha");
  assert_non_null(f.get("a"));
  f.cache.invalidate(f.cache.key(1, "a"));
  assert_null(f.kept.find(1, "a", 0));
  f.store("a", "beta");
  assert_string_equal(f.look_up("a").c_str(), "beta");

  assert_non_null(f.get("a"));
  f.cache.invalidate_all();
  assert_null(f.kept.find(1, "a", 0));

  // Changes may have been missed.
  f.store("a", "gamma");
  assert_non_null(f.get("a"));
  f.cache.begin_watch({1, 1}, [](std::int32_t) noexcept { return false; });
  assert_null(f.kept.find(1, "a", 0));
}

void nothing_is_kept_longer_than_it_is_fresh(void**) {
  Fixture f;
  f.store("a", "alpha", 0);
  assert_non_null(f.get("a", ttl - 2));
  assert_non_null(f.kept.find(1, "a", ttl - 1));
  assert_null(f.kept.find(1, "a", ttl));
  // What is stale is not kept.
  assert_null(f.get("a", ttl + 1));
  // The cache is asked now and then, so that it knows what is in use.
  f.store("b", "beta", 0);
  assert_non_null(f.get("b", 0));
  assert_non_null(f.kept.find(1, "b", KeptDocuments::recheck_ms - 1));
  assert_null(f.kept.find(1, "b", KeptDocuments::recheck_ms));
}

void memory_is_bounded(void**) {
  constexpr std::size_t most = std::size_t{128} << 10;
  Fixture f(most);
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "item:" + std::to_string(i);
    f.store(key, std::string(400, 'x'));
    f.get(key);
    // One that is in use stays.
    f.store("popular", "p");
    assert_non_null(f.get("popular"));
    if (KeptDocument* document = f.get(key)) {
      assert_non_null(f.kept.add_note(*document, &f, 300));
    }
    assert_true(f.kept.size() <= most + 1000);
  }
  assert_true(f.kept.size() > most / 2);
  Fixture without(0);
  without.store("a", "alpha");
  assert_null(without.get("a"));
}

void what_is_held_stays(void**) {
  Fixture f;
  f.store("a", "alpha");
  HeldDocuments first(std::pmr::new_delete_resource());
  {
    HeldDocuments second(std::pmr::new_delete_resource());
    KeptDocument* document = f.get("a");
    first.hold(*document);
    second.hold(*document);
    void* note = f.kept.add_note(*document, &f, 8);
    std::memcpy(note, "notenote", 8);
    f.cache.invalidate(f.cache.key(1, "a"));
    assert_null(f.kept.find(1, "a", 0));
    assert_true(document->bytes() == "alpha");
    assert_ptr_equal(document->note(&f), note);
    assert_null(document->note(&second));
    // It is on its way out.
    assert_null(f.kept.add_note(*document, &second, 8));
  }
  assert_int_equal(f.kept.size(), 0);
}

void notes_are_told_apart(void**) {
  Fixture f;
  f.store("a", "alpha");
  KeptDocument* document = f.get("a");
  std::array<char, 20> owners{};
  for (const void* variant : {static_cast<const void*>(nullptr), static_cast<const void*>(&f)}) {
    for (char& owner : owners) {
      assert_null(document->note(&owner, variant));
      void* note = f.kept.add_note(*document, &owner, 8, variant);
      assert_non_null(note);
      assert_ptr_equal(document->note(&owner, variant), note);
      document->warm_note(&owner, variant);
    }
  }
  assert_ptr_not_equal(document->note(&owners[0]), document->note(&owners[0], &f));
  assert_ptr_not_equal(document->note(&owners[19]), document->note(&owners[19], &f));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(notes_are_told_apart),
    cmocka_unit_test(a_key_is_found_by_its_parts),
    cmocka_unit_test(what_is_asked_for_twice_is_kept),
    cmocka_unit_test(what_changes_is_asked_for_again),
    cmocka_unit_test(nothing_is_kept_longer_than_it_is_fresh),
    cmocka_unit_test(memory_is_bounded),
    cmocka_unit_test(what_is_held_stays),
};
const Suite suite(__FILE__, tests);

}  // namespace
