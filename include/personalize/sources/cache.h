// Documents and what else Redis said, kept in memory that all workers share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "personalize/sources/sources.h"

namespace personalize {

// The shared memory, at the same address in every process and aligned to 64 bytes.
struct CacheMemory {
  void* area = nullptr;
  std::size_t size = 0;
};

// The secret of the hash: 128 random bits, so that no one can choose keys that collide.
struct CacheSeed {
  std::uint64_t low = 0, high = 0;
};

// By what an entry is found. Made by DocumentCache::key, outside the lock.
struct CacheKey {
  std::uint32_t source = 0;  // Source::id
  std::string_view text;     // the Redis key
  std::uint64_t hash = 0;    // of the text alone: an invalidation names no source
};

// What the cache knows of a key.
struct Cached {
  enum class State : std::uint8_t {
    absent,
    fresh,
    stale,     // past its ttl: to be used while it is fetched anew, or if Redis fails
    negative,  // there is nothing of use at the key: `reason` says why
  };
  State state = State::absent;
  Lookup reason = Lookup::missing;
  // The caller is the one who has to fetch: always where absent, and where stale, unless another
  // one undertook it less than a lease ago.
  bool fetch = true;
  // For the store that follows: tells what became of the key in between.
  std::uint64_t generation = 0;
  std::size_t size = 0;    // of the document
  std::string_view bytes;  // the document; "" where there was no room for `size` bytes
};

struct CacheStatistics {
  std::uint64_t entries = 0;
  std::uint64_t used = 0;       // bytes that the entries take
  std::uint64_t available = 0;  // bytes for entries in all
  std::uint64_t evictions = 0;  // of entries that had to make room
  std::uint64_t refused = 0;    // stores beyond the size limit, or overtaken by an invalidation
};

// A hash table with a list of use, whole in shared memory; this object is one process's handle. An
// entry is a chain of equal blocks, so that memory never falls into pieces too small to use, and
// that room is made by exactly as many evictions as are needed, least recently used first (to the
// second).
//
// The caller holds a lock during every call but the constructor, key() and warm(). Nothing throws
// or blocks, and all work under the lock is bounded by the size of the document at hand.
//
// A process that dies inside a change leaves a mark, by which the next one sees that the table
// cannot be trusted; it then starts anew, empty. Memory left by a build with another layout is not
// touched: every call then finds nothing and stores nothing, until init() starts anew.
//
// Times are milliseconds of a clock that all processes share and that does not go back.
class DocumentCache {
 public:
  // Nobody asks twice for the same stale document within this time.
  static constexpr std::int64_t lease_ms = 1000;
  // Not kept: documents beyond this, or beyond a sixteenth of the memory.
  static constexpr std::size_t largest_document = std::size_t{1} << 20;

  explicit DocumentCache(const CacheMemory& memory) noexcept;

  // Takes over what is in the memory where it has this build's layout and is sound; else starts
  // anew with `seed`. False where the memory is too small for an empty cache. Processes that are
  // forked later use the object as it then is.
  bool init(const CacheSeed& seed) noexcept;

  CacheKey key(std::uint32_t source, std::string_view text) const noexcept;

  // Brings what find() will read into the processor's caches, so that the lock is held for a
  // shorter time. Needs no lock itself: what it reads may be changing and is only a hint.
  void warm(const CacheKey& key) const noexcept;

  // Copies the document to `buffer`, of `room` bytes, if it fits.
  Cached find(const CacheKey& key, std::int64_t now, char* buffer, std::size_t room) noexcept;

  // Keeps a copy. Times are durations; a document with ttl 0 and stale 0 is not kept. False where
  // it is not kept; what was there before is then gone, too, unless the key was invalidated since
  // find() gave `generation`.
  bool store(const CacheKey& key, std::string_view document, std::int64_t now, std::int64_t ttl,
             std::int64_t stale, std::uint64_t generation) noexcept;
  bool store_negative(const CacheKey& key, Lookup reason, std::int64_t now, std::int64_t ttl,
                      std::uint64_t generation) noexcept;

  // Forgets the key, whichever sources read it; what is being fetched now will not be kept.
  // Returns how many entries that were.
  std::uint32_t invalidate(const CacheKey& key) noexcept;

  // Forgets every key, as invalidate() does.
  void invalidate_all() noexcept;

  // A process that hears of every change in Redis. `scope` stands for what it watches there: one
  // that watches something else is no substitute for it.
  struct Watcher {
    std::int32_t process = 0;
    std::uint32_t scope = 0;
  };
  using IsRunning = bool (*)(std::int32_t process) noexcept;

  // The watcher hears of changes from now on; it no longer does. Where no other one of its scope
  // that is still running did so meanwhile, changes may have gone unheard: no document of before,
  // nor any that is being fetched now, is then fresh until it has been fetched again. True where
  // that is so.
  bool begin_watch(const Watcher& watcher, IsRunning is_running) noexcept;
  bool end_watch(const Watcher& watcher, IsRunning is_running) noexcept;

  CacheStatistics statistics() noexcept;

 private:
  // Where things are: the same for every process, and never read from the shared memory.
  struct Shape {
    std::uint32_t* buckets = nullptr;
    std::size_t bucket_mask = 0;  // their number less one
    // The block that follows a block in the same entry, or among the free ones. Apart from the
    // blocks, so that following a chain does not mean waiting for each block in turn.
    std::uint32_t* links = nullptr;
    char* blocks = nullptr;
    std::uint32_t block_count = 0;  // 0 where the memory is too small
  };
  struct Entry;
  struct Table;
  class Change;
  class Pieces;

  static Shape shape_of(const CacheMemory& memory) noexcept;
  Table* open() noexcept;
  Table* start_anew() noexcept;
  bool replace(const CacheKey& key, const Entry& header, std::string_view document,
               std::uint64_t generation) noexcept;

  CacheMemory memory_;
  Shape shape_;
  CacheSeed seed_;
};

}  // namespace personalize
