#include "personalize/sources/cache.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

#include "base/siphash.h"

namespace personalize {

namespace {

// The number of a block, or of an entry's first block.
using Index = std::uint32_t;
constexpr Index none = ~Index{0};

// Small enough that an entry without a document wastes little, large enough that an ordinary
// profile takes few.
constexpr std::size_t block_size = 256;

// An entry usually takes one or two thousand bytes.
constexpr std::size_t bytes_per_bucket = 1024;

// Negative entries have this part of the blocks for themselves, and whatever is free.
constexpr Index negative_share = 16;

// Keys share the counters by which invalidations are noticed: a collision only costs another fetch,
// or a copy.
constexpr std::size_t generation_count = 256;

// Workers of the running configuration, and of earlier ones that still finish their work. A watcher
// beyond the limit still invalidates documents, but is not counted when another one ends.
constexpr std::size_t most_watchers = 512;

// The order of use is kept to the second, so that most hits change nothing.
constexpr std::int64_t touch_interval_ms = 1000;

// Processors have no more reads under way at a time, and a hint is not worth more.
constexpr int most_warmed_blocks = 8;

constexpr std::size_t line_size = 64;

std::size_t power_of_two(std::size_t least) {
  std::size_t n = 16;
  while (n < least) {
    n *= 2;
  }
  return n;
}

// Reads a value that another process may be changing.
Index peek(const Index& index) {
  return __atomic_load_n(&index, __ATOMIC_RELAXED);
}

}  // namespace

// A key with what Redis replied for it: the beginning of an entry's first block. The key's bytes
// follow, then the document's.
struct DocumentCache::Entry {
  Index last_block = none;
  Index next = none;  // of the same bucket
  Index newer = none;
  Index older = none;
  std::uint32_t block_count = 0;
  std::uint32_t source = 0;
  std::uint32_t key_size = 0;
  std::uint32_t document_size = 0;
  bool negative = false;
  Lookup reason = Lookup::missing;
  std::uint32_t epoch = 0;  // Table::epoch when its fetch began
  std::uint64_t hash = 0;
  std::int64_t fresh_until = 0;
  std::int64_t stale_until = 0;
  std::int64_t leased_until = 0;
  std::int64_t used_at = 0;  // when it was last put to the front of the list of use
};

struct DocumentCache::Table {
  // Differs between builds whose entries, table or documents are laid out differently. Comes first
  // in every build's table; 0 while there is none.
  static constexpr std::uint64_t layout() {
    constexpr std::uint64_t version = 4;
    return (std::uint64_t{document_magic} << 32) ^ (version << 24) ^ (sizeof(Entry) << 12) ^
           sizeof(Table);
  }

  std::atomic<std::uint64_t> stamp{0};
  CacheSeed seed;
  Shape shape;
  CacheStatistics statistics;
  std::atomic<std::uint32_t> changing{0};
  Index untouched = 0;  // the first block that was never used
  Index free = none;    // the first block that was given back
  Index free_count = 0;
  // Entries by their use; those that hold a document, and the negative ones.
  struct UseList {
    Index newest = none;
    Index oldest = none;
    Index blocks = 0;  // that they take
  };
  UseList documents;
  UseList negatives;
  std::uint32_t generations[generation_count] = {};
  // Entries of an earlier epoch are not fresh, and those from before `forgotten_before` do not
  // count: so all entries are reached at once, however many there are.
  std::uint32_t epoch = 0;
  std::uint32_t forgotten_before = 0;
  Watcher watchers[most_watchers] = {};  // process 0: none

  char* block(Index i) const { return shape.blocks + i * block_size; }
  Entry& entry(Index i) const { return *reinterpret_cast<Entry*>(block(i)); }
  Index& bucket(std::uint64_t hash) const { return shape.buckets[hash & shape.bucket_mask]; }
  std::uint32_t& key_generation(std::uint64_t hash) {
    return generations[(hash >> 32) % generation_count];
  }
  // The generation to pass to the store after a fetch that begins now. Both terms of the sum only
  // grow, so that it changes as soon as either does.
  std::uint64_t generation(std::uint64_t hash) const {
    const auto& of_key = generations[(hash >> 32) % generation_count];
    return std::uint64_t{peek(epoch)} << 32 | (peek(of_key) + peek(forgotten_before));
  }
  bool is_overtaken(std::uint64_t generation_at_fetch, std::uint64_t hash) {
    return static_cast<std::uint32_t>(generation_at_fetch) !=
           static_cast<std::uint32_t>(generation(hash));
  }
  bool is_forgotten(const Entry& e) const {
    return static_cast<std::int32_t>(e.epoch - forgotten_before) < 0;
  }
  bool is_fresh(const Entry& e, std::int64_t now) const {
    return now < e.fresh_until && e.epoch == epoch;
  }

  bool is_watched_by_another(const Watcher& watcher, IsRunning is_running) const;
  bool has_key(Index i, const CacheKey& key) const;
  Index* find(const CacheKey& key) const;

  void link_newest(Index i);
  void unlink(Index i);
  void remove(Index& slot);
  UseList& list_of(const Entry& e) { return e.negative ? negatives : documents; }
  Index most_document_blocks() const {
    return shape.block_count - std::max<Index>(shape.block_count / negative_share, 1);
  }
  void evict_oldest(const UseList& list);
  bool make_room(std::size_t count, bool negative);

  static std::size_t blocks_for(std::size_t bytes);
  Index take_block();
  Index take_blocks(std::size_t count, bool negative);
};

// The bytes of an entry, block by block: the key's, then the document's.
class DocumentCache::Pieces {
 public:
  Pieces(const Table& table, Index entry) : table_(table), block_(entry), at_(sizeof(Entry)) {}

  // Calls `use(begin, size)` for each piece of the next `bytes` bytes, until it returns false.
  template <typename Use>
  bool each(std::size_t bytes, Use use) {
    while (bytes > 0) {
      if (at_ == block_size) {
        block_ = table_.shape.links[block_];
        at_ = 0;
      }
      const std::size_t size = std::min(bytes, block_size - at_);
      if (!use(table_.block(block_) + at_, size)) {
        return false;
      }
      at_ += size;
      bytes -= size;
    }
    return true;
  }

  void write(std::string_view from) {
    each(from.size(), [&](char* piece, std::size_t size) {
      std::memcpy(piece, from.data(), size);
      from.remove_prefix(size);
      return true;
    });
  }

  bool equal(std::string_view other) {
    return each(other.size(), [&](const char* piece, std::size_t size) {
      const bool same = std::memcmp(piece, other.data(), size) == 0;
      other.remove_prefix(size);
      return same;
    });
  }

  void skip(std::size_t bytes) {
    each(bytes, [](const char*, std::size_t) { return true; });
  }

  void read(char* to, std::size_t bytes) {
    each(bytes, [&](const char* piece, std::size_t size) {
      std::memcpy(to, piece, size);
      to += size;
      return true;
    });
  }

 private:
  const Table& table_;
  Index block_;
  std::size_t at_;  // in the block
};

bool DocumentCache::Table::has_key(Index i, const CacheKey& key) const {
  const Entry& e = entry(i);
  return e.hash == key.hash && e.key_size == key.text.size() && Pieces(*this, i).equal(key.text);
}

// Returns the link to the entry of the key; it is `none` if there is no such entry.
Index* DocumentCache::Table::find(const CacheKey& key) const {
  Index* slot = &bucket(key.hash);
  while (*slot != none && !(entry(*slot).source == key.source && has_key(*slot, key))) {
    slot = &entry(*slot).next;
  }
  return slot;
}

void DocumentCache::Table::link_newest(Index i) {
  Entry& e = entry(i);
  UseList& list = list_of(e);
  e.newer = none;
  e.older = list.newest;
  (list.newest != none ? entry(list.newest).newer : list.oldest) = i;
  list.newest = i;
  list.blocks += e.block_count;
}

void DocumentCache::Table::unlink(Index i) {
  const Entry& e = entry(i);
  UseList& list = list_of(e);
  (e.newer != none ? entry(e.newer).older : list.newest) = e.older;
  (e.older != none ? entry(e.older).newer : list.oldest) = e.newer;
  list.blocks -= e.block_count;
}

void DocumentCache::Table::remove(Index& slot) {
  const Index i = slot;
  const Entry& e = entry(i);
  slot = e.next;
  unlink(i);
  --statistics.entries;
  statistics.used -= e.block_count * block_size;
  free_count += e.block_count;
  shape.links[e.last_block] = free;
  free = i;
}

void DocumentCache::Table::evict_oldest(const UseList& list) {
  Index* slot = &bucket(entry(list.oldest).hash);
  while (*slot != list.oldest) {
    slot = &entry(*slot).next;
  }
  remove(*slot);
  ++statistics.evictions;
}

// Evicts until `count` blocks are free. Documents make room for documents, of which there are never
// more than leave negative entries their share; negative entries make room for either. So keys
// without a document, which clients can invent, evict no document. Returns false if there are too
// few negative entries to make room.
bool DocumentCache::Table::make_room(std::size_t count, bool negative) {
  while (!negative && documents.blocks + count > most_document_blocks()) {
    evict_oldest(documents);
  }
  while (free_count + (shape.block_count - untouched) < count) {
    if (negatives.oldest == none) {
      return false;
    }
    evict_oldest(negatives);
  }
  return true;
}

std::size_t DocumentCache::Table::blocks_for(std::size_t bytes) {
  constexpr std::size_t first = block_size - sizeof(Entry);
  return bytes <= first ? 1 : 1 + (bytes - first + block_size - 1) / block_size;
}

Index DocumentCache::Table::take_block() {
  if (free == none) {
    return untouched++;
  }
  const Index i = free;
  free = shape.links[i];
  --free_count;
  return i;
}

// Takes a chain of blocks for an entry; returns `none` if there is no room. `count` of a document
// is at most most_document_blocks().
Index DocumentCache::Table::take_blocks(std::size_t count, bool negative) {
  if (!make_room(count, negative)) {
    return none;
  }
  const Index first = take_block();
  Index last = first;
  for (std::size_t i = 1; i < count; ++i) {
    const Index next = take_block();
    shape.links[last] = next;
    last = next;
  }
  shape.links[last] = none;

  Entry& e = *new (block(first)) Entry;
  e.last_block = last;
  e.block_count = static_cast<std::uint32_t>(count);
  e.negative = negative;
  return first;
}

// Marks the table as being changed while it lives. If the process dies meanwhile, the mark stays.
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

// The area consists of table, buckets, links, blocks.
DocumentCache::Shape DocumentCache::shape_of(const CacheMemory& memory) noexcept {
  Shape shape;
  const auto buckets = power_of_two(memory.size / bytes_per_bucket);
  const auto links_begin = sizeof(Table) + buckets * sizeof(Index);
  if (memory.size < links_begin + line_size + block_size) {
    return shape;
  }
  const auto blocks = std::min<std::size_t>(
      (memory.size - links_begin - line_size) / (block_size + sizeof(Index)), none - 1);
  const auto blocks_begin =
      (links_begin + blocks * sizeof(Index) + line_size - 1) / line_size * line_size;

  auto* area = static_cast<char*>(memory.area);
  shape.buckets = reinterpret_cast<Index*>(area + sizeof(Table));
  shape.bucket_mask = buckets - 1;
  shape.links = reinterpret_cast<Index*>(area + links_begin);
  shape.blocks = area + blocks_begin;
  shape.block_count = static_cast<Index>(blocks);
  return shape;
}

DocumentCache::DocumentCache(const CacheMemory& memory) noexcept
    : memory_(memory), shape_(shape_of(memory)) {}

bool DocumentCache::init(const CacheSeed& seed) noexcept {
  seed_ = seed;
  if (shape_.block_count == 0) {
    return false;
  }
  const auto* table = static_cast<const Table*>(memory_.area);
  if (table->stamp != Table::layout()) {
    start_anew();
    return true;
  }
  // Processes that still run use the seed that they know.
  seed_ = table->seed;
  open();
  return true;
}

// Returns the table; nullptr if the memory is not this build's.
DocumentCache::Table* DocumentCache::open() noexcept {
  if (shape_.block_count == 0) {
    return nullptr;
  }
  auto* table = static_cast<Table*>(memory_.area);
  const auto stamp = table->stamp.load(std::memory_order_acquire);
  if (stamp == Table::layout()) {
    return table->changing.load(std::memory_order_acquire) == 0 ? table : start_anew();
  }
  return stamp == 0 ? start_anew() : nullptr;  // 0: a process died in start_anew
}

// Links and blocks are left as they are, since writing them would take long under the lock: they
// are used for the first time in turn.
DocumentCache::Table* DocumentCache::start_anew() noexcept {
  auto* before = static_cast<Table*>(memory_.area);
  // What was kept of an earlier table is of an earlier generation.
  before->epoch += before->stamp == Table::layout() ? 1 : 0;
  before->stamp.store(0, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);

  const std::uint32_t epoch = before->epoch;
  auto* table = new (memory_.area) Table;
  table->epoch = table->forgotten_before = epoch;
  table->seed = seed_;
  table->shape = shape_;
  table->statistics.available = shape_.block_count * block_size;
  std::fill_n(shape_.buckets, shape_.bucket_mask + 1, none);

  table->stamp.store(Table::layout(), std::memory_order_release);
  return table;
}

CacheKey DocumentCache::key(std::uint32_t source, std::string_view text) const noexcept {
  return {source, text, siphash(seed_.low, seed_.high, text)};
}

std::uint64_t DocumentCache::generation(std::uint64_t hash) const noexcept {
  return shape_.block_count == 0 ? 0 : static_cast<const Table*>(memory_.area)->generation(hash);
}

void DocumentCache::warm(const CacheKey& key) const noexcept {
  if (shape_.block_count == 0) {
    return;
  }
  // The first entry of the bucket is nearly always the right one.
  Index i = peek(shape_.buckets[key.hash & shape_.bucket_mask]);
  for (int n = 0; n < most_warmed_blocks && i < shape_.block_count; ++n) {
    const char* block = shape_.blocks + i * block_size;
    for (std::size_t line = 0; line < block_size; line += line_size) {
      __builtin_prefetch(block + line);
    }
    i = peek(shape_.links[i]);
  }
}

Cached DocumentCache::find(const CacheKey& key, std::int64_t now, char* buffer,
                           std::size_t room) noexcept {
  Cached cached;
  auto* table = open();
  if (table == nullptr) {
    return cached;
  }
  cached.generation = table->generation(key.hash);
  const Index i = *table->find(key);
  if (i == none) {
    return cached;
  }
  Entry& entry = table->entry(i);
  const bool is_fresh = table->is_fresh(entry, now);
  // A negative entry is of no use once it is in doubt.
  if (now >= entry.stale_until || table->is_forgotten(entry) || (entry.negative && !is_fresh)) {
    return cached;
  }
  if (now - entry.used_at >= touch_interval_ms) {
    const Change change(*table);
    table->unlink(i);
    table->link_newest(i);
    entry.used_at = now;
  }
  cached.size = entry.document_size;
  if (cached.size <= room) {
    Pieces pieces(*table, i);
    pieces.skip(entry.key_size);
    pieces.read(buffer, cached.size);
    cached.bytes = {buffer, cached.size};
  }
  if (is_fresh) {
    cached.state = entry.negative ? Cached::State::negative : Cached::State::fresh;
    cached.reason = entry.negative ? entry.reason : Lookup::hit;
    cached.fetch = false;
    cached.fresh_until = entry.fresh_until;
    return cached;
  }
  cached.state = Cached::State::stale;
  cached.reason = Lookup::stale;
  cached.fetch = now >= entry.leased_until;
  if (cached.fetch) {
    entry.leased_until = now + lease_ms;
  }
  return cached;
}

bool DocumentCache::store(const CacheKey& key, std::string_view document, std::int64_t now,
                          std::int64_t ttl, std::int64_t stale, std::uint64_t generation) noexcept {
  Entry header;
  header.used_at = now;
  header.fresh_until = now + ttl;
  header.stale_until = now + ttl + stale;
  return replace(key, header, document, generation);
}

bool DocumentCache::store_negative(const CacheKey& key, Lookup reason, std::int64_t now,
                                   std::int64_t ttl, std::uint64_t generation) noexcept {
  Entry header;
  header.used_at = now;
  header.fresh_until = now + ttl;
  header.stale_until = header.fresh_until;
  header.reason = reason;
  header.negative = true;
  return replace(key, header, {}, generation);
}

bool DocumentCache::replace(const CacheKey& key, const Entry& header, std::string_view document,
                            std::uint64_t generation) noexcept {
  auto* table = open();
  if (table == nullptr) {
    return false;
  }
  const Change change(*table);
  if (table->is_overtaken(generation, key.hash)) {
    ++table->statistics.refused;
    return false;
  }
  Index* old = table->find(key);
  if (*old != none) {
    table->remove(*old);
  }
  if (header.stale_until <= header.used_at) {
    return false;
  }
  const auto count = Table::blocks_for(key.text.size() + document.size());
  if (document.size() > largest_document || count > shape_.block_count / 16) {
    ++table->statistics.refused;
    return false;
  }
  const Index i = table->take_blocks(count, header.negative);
  if (i == none) {
    ++table->statistics.refused;
    return false;
  }
  Entry& entry = table->entry(i);
  entry.source = key.source;
  entry.key_size = static_cast<std::uint32_t>(key.text.size());
  entry.document_size = static_cast<std::uint32_t>(document.size());
  entry.reason = header.reason;
  entry.epoch = static_cast<std::uint32_t>(generation >> 32);
  entry.hash = key.hash;
  entry.fresh_until = header.fresh_until;
  entry.stale_until = header.stale_until;
  entry.used_at = header.used_at;
  Pieces pieces(*table, i);
  pieces.write(key.text);
  pieces.write(document);

  Index& bucket = table->bucket(key.hash);
  entry.next = bucket;
  bucket = i;
  table->link_newest(i);
  ++table->statistics.entries;
  table->statistics.used += count * block_size;
  return true;
}

std::uint32_t DocumentCache::invalidate(const CacheKey& key) noexcept {
  auto* table = open();
  if (table == nullptr) {
    return 0;
  }
  const Change change(*table);
  ++table->key_generation(key.hash);
  std::uint32_t count = 0;
  Index* slot = &table->bucket(key.hash);
  while (*slot != none) {
    if (table->has_key(*slot, key)) {
      table->remove(*slot);
      ++count;
    } else {
      slot = &table->entry(*slot).next;
    }
  }
  return count;
}

void DocumentCache::invalidate_all() noexcept {
  auto* table = open();
  if (table != nullptr) {
    const Change change(*table);
    table->forgotten_before = ++table->epoch;
  }
}

bool DocumentCache::Table::is_watched_by_another(const Watcher& watcher,
                                                 IsRunning is_running) const {
  return std::any_of(std::begin(watchers), std::end(watchers), [&](const Watcher& other) {
    return other.process != 0 && other.process != watcher.process && other.scope == watcher.scope &&
           is_running(other.process);
  });
}

bool DocumentCache::begin_watch(const Watcher& watcher, IsRunning is_running) noexcept {
  auto* table = open();
  if (table == nullptr) {
    return false;
  }
  const Change change(*table);
  const bool may_have_missed = !table->is_watched_by_another(watcher, is_running);
  if (may_have_missed) {
    ++table->epoch;
  }
  auto* place =
      std::find_if(std::begin(table->watchers), std::end(table->watchers),
                   [&](const Watcher& w) { return w.process == 0 || !is_running(w.process); });
  if (place != std::end(table->watchers)) {
    *place = watcher;
  }
  return may_have_missed;
}

bool DocumentCache::end_watch(const Watcher& watcher, IsRunning is_running) noexcept {
  auto* table = open();
  if (table == nullptr) {
    return false;
  }
  const Change change(*table);
  for (Watcher& w : table->watchers) {
    if (w.process == watcher.process && w.scope == watcher.scope) {
      w = {};
    }
  }
  const bool may_have_missed = !table->is_watched_by_another(watcher, is_running);
  if (may_have_missed) {
    ++table->epoch;
  }
  return may_have_missed;
}

CacheStatistics DocumentCache::statistics() noexcept {
  const auto* table = open();
  return table == nullptr ? CacheStatistics() : table->statistics;
}

}  // namespace personalize
