#include "personalize/cache.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

#include "sources/siphash.h"

namespace personalize {

// A key with what Redis said of it. The key's bytes follow, then the document's.
struct DocumentCache::Entry {
  Entry* next = nullptr;  // of the same bucket
  Entry* newer = nullptr;
  Entry* older = nullptr;
  std::uint64_t hash = 0;
  std::int64_t fresh_until = 0;
  std::int64_t stale_until = 0;
  std::int64_t leased_until = 0;
  std::int64_t used_at = 0;  // when it was last put to the front of the list of use
  std::uint32_t source = 0;
  std::uint32_t key_size = 0;
  std::uint32_t document_size = 0;
  Lookup reason = Lookup::missing;
  bool negative = false;

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  std::string_view key() { return {bytes(), key_size}; }
  std::string_view document() { return {bytes() + key_size, document_size}; }
};

namespace {

// Keys share the counters that tell whether one was invalidated during its fetch: a collision only
// costs one more fetch.
constexpr std::size_t generation_count = 256;

// A slab of a thousand bytes or two is what an entry usually takes.
constexpr std::size_t bytes_per_bucket = 1024;

// Room that cannot be had by so many evictions is not worth more time under the lock.
constexpr int most_evictions = 32;

// The order of use is kept to the second: most hits then change nothing.
constexpr std::int64_t touch_interval_ms = 1000;

constexpr std::size_t power_of_two(std::size_t least) {
  std::size_t n = 16;
  while (n < least) {
    n *= 2;
  }
  return n;
}

}  // namespace

struct DocumentCache::Table {
  // Tells builds apart whose entries, table or documents are laid out differently. Stands first in
  // every build's table.
  static constexpr std::uint64_t layout() {
    constexpr std::uint64_t version = 1;
    return (std::uint64_t{document_magic} << 32) ^ (version << 24) ^ (sizeof(Entry) << 12) ^
           sizeof(Table);
  }

  std::uint64_t stamp = layout();
  std::atomic<std::uint32_t> changing{0};
  CacheSeed seed;
  std::size_t mask = 0;  // number of buckets less one
  Entry** buckets = nullptr;
  Entry* newest = nullptr;
  Entry* oldest = nullptr;
  CacheStatistics statistics;
  std::uint32_t generations[generation_count] = {};

  Entry** bucket(std::uint64_t hash) { return &buckets[hash & mask]; }
  std::uint32_t& generation(std::uint64_t hash) {
    return generations[(hash >> 32) % generation_count];
  }

  // Where the entry of the key hangs, or the end of its bucket.
  Entry** find(const CacheKey& key) {
    Entry** slot = bucket(key.hash);
    while (*slot != nullptr && !((*slot)->hash == key.hash && (*slot)->source == key.source &&
                                 (*slot)->key() == key.text)) {
      slot = &(*slot)->next;
    }
    return slot;
  }

  void link_newest(Entry* entry) {
    entry->newer = nullptr;
    entry->older = newest;
    (newest != nullptr ? newest->newer : oldest) = entry;
    newest = entry;
  }

  void unlink(Entry* entry) {
    (entry->newer != nullptr ? entry->newer->older : newest) = entry->older;
    (entry->older != nullptr ? entry->older->newer : oldest) = entry->newer;
  }
};

// Marks that the table is being changed, for as long as it lives. If the process dies meanwhile,
// the mark stays.
class DocumentCache::Change {
 public:
  explicit Change(Table& table) noexcept : table_(table) {
    table_.changing.store(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  ~Change() { table_.changing.store(0, std::memory_order_release); }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

 private:
  Table& table_;
};

bool DocumentCache::init(const CacheSeed& seed) noexcept {
  seed_ = seed;
  const auto* table = static_cast<const Table*>(*memory_.root);
  if (table == nullptr || table->stamp != Table::layout()) {
    return start_anew() != nullptr;
  }
  // Processes that still run go on with the seed that they know.
  seed_ = table->seed;
  return open() != nullptr;
}

DocumentCache::Table* DocumentCache::open() noexcept {
  auto* table = static_cast<Table*>(*memory_.root);
  if (table == nullptr) {  // somebody died in start_anew
    return start_anew();
  }
  if (table->stamp != Table::layout()) {
    return nullptr;
  }
  return table->changing.load(std::memory_order_acquire) == 0 ? table : start_anew();
}

DocumentCache::Table* DocumentCache::start_anew() noexcept {
  *memory_.root = nullptr;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  memory_.reset(memory_.context);

  const auto count = power_of_two(memory_.size / bytes_per_bucket);
  void* table_block = memory_.allocate(memory_.context, sizeof(Table));
  void* bucket_block = memory_.allocate(memory_.context, count * sizeof(*Table::buckets));
  if (table_block == nullptr || bucket_block == nullptr) {
    return nullptr;
  }
  auto* table = new (table_block) Table;
  table->seed = seed_;
  table->mask = count - 1;
  table->buckets = static_cast<Entry**>(bucket_block);
  std::fill_n(table->buckets, count, nullptr);

  std::atomic_thread_fence(std::memory_order_seq_cst);
  *memory_.root = table;
  return table;
}

CacheKey DocumentCache::key(std::uint32_t source, std::string_view text) const noexcept {
  return {source, text, siphash(seed_.low, seed_.high, text)};
}

Cached DocumentCache::find(const CacheKey& key, std::int64_t now) noexcept {
  Cached cached;
  auto* table = open();
  if (table == nullptr) {
    return cached;
  }
  cached.generation = table->generation(key.hash);
  auto* entry = *table->find(key);
  if (entry == nullptr || now >= entry->stale_until) {
    return cached;
  }
  if (now - entry->used_at >= touch_interval_ms) {
    const Change change(*table);
    table->unlink(entry);
    table->link_newest(entry);
    entry->used_at = now;
  }
  cached.bytes = entry->document();
  if (now < entry->fresh_until) {
    cached.state = entry->negative ? Cached::State::negative : Cached::State::fresh;
    cached.reason = entry->negative ? entry->reason : Lookup::hit;
    cached.fetch = false;
    return cached;
  }
  cached.state = Cached::State::stale;
  cached.reason = Lookup::stale;
  cached.fetch = now >= entry->leased_until;
  if (cached.fetch) {
    entry->leased_until = now + lease_ms;
  }
  return cached;
}

bool DocumentCache::store(const CacheKey& key, std::string_view document, std::int64_t now,
                          std::int64_t ttl, std::int64_t stale, std::uint32_t generation) noexcept {
  Entry header;
  header.used_at = now;
  header.fresh_until = now + ttl;
  header.stale_until = now + ttl + stale;
  return replace(key, header, document, generation);
}

bool DocumentCache::store_negative(const CacheKey& key, Lookup reason, std::int64_t now,
                                   std::int64_t ttl, std::uint32_t generation) noexcept {
  Entry header;
  header.used_at = now;
  header.fresh_until = now + ttl;
  header.stale_until = header.fresh_until;
  header.reason = reason;
  header.negative = true;
  return replace(key, header, {}, generation);
}

bool DocumentCache::replace(const CacheKey& key, const Entry& header, std::string_view document,
                            std::uint32_t generation) noexcept {
  auto* table = open();
  if (table == nullptr) {
    return false;
  }
  const Change change(*table);
  if (table->generation(key.hash) != generation) {
    ++table->statistics.refused;
    return false;
  }
  Entry** old = table->find(key);
  if (*old != nullptr) {
    remove(*table, old);
  }
  if (header.stale_until <= header.used_at) {
    return false;
  }
  const auto size = sizeof(Entry) + key.text.size() + document.size();
  auto* entry = document.size() > largest_document || size > memory_.size / 16
                    ? nullptr
                    : make_room(*table, size);
  if (entry == nullptr) {
    ++table->statistics.refused;
    return false;
  }
  new (entry) Entry(header);
  entry->hash = key.hash;
  entry->source = key.source;
  entry->key_size = static_cast<std::uint32_t>(key.text.size());
  entry->document_size = static_cast<std::uint32_t>(document.size());
  std::copy(key.text.begin(), key.text.end(), entry->bytes());
  std::copy(document.begin(), document.end(), entry->bytes() + key.text.size());

  Entry** bucket = table->bucket(key.hash);
  entry->next = *bucket;
  *bucket = entry;
  table->link_newest(entry);
  ++table->statistics.entries;
  return true;
}

void DocumentCache::invalidate(const CacheKey& key) noexcept {
  auto* table = open();
  if (table == nullptr) {
    return;
  }
  const Change change(*table);
  ++table->generation(key.hash);
  Entry** slot = table->bucket(key.hash);
  while (*slot != nullptr) {
    if ((*slot)->hash == key.hash && (*slot)->key() == key.text) {
      remove(*table, slot);
    } else {
      slot = &(*slot)->next;
    }
  }
}

CacheStatistics DocumentCache::statistics() noexcept {
  const auto* table = open();
  return table == nullptr ? CacheStatistics() : table->statistics;
}

DocumentCache::Entry* DocumentCache::make_room(Table& table, std::size_t bytes) noexcept {
  for (int evictions = 0;; ++evictions) {
    void* block = memory_.allocate(memory_.context, bytes);
    if (block != nullptr || table.oldest == nullptr || evictions == most_evictions) {
      return static_cast<Entry*>(block);
    }
    evict_oldest(table);
  }
}

void DocumentCache::evict_oldest(Table& table) noexcept {
  Entry** slot = table.bucket(table.oldest->hash);
  while (*slot != table.oldest) {
    slot = &(*slot)->next;
  }
  remove(table, slot);
  ++table.statistics.evictions;
}

void DocumentCache::remove(Table& table, Entry** slot) noexcept {
  Entry* entry = *slot;
  *slot = entry->next;
  table.unlink(entry);
  --table.statistics.entries;
  memory_.release(memory_.context, entry);
}

}  // namespace personalize
