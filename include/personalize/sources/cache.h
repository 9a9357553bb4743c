// A cache of documents, and of what else Redis replied, in memory that all workers share.
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

// The key of the hash: 128 random bits, so that clients cannot choose keys that collide.
struct CacheSeed {
  std::uint64_t low = 0, high = 0;
};

// The key of an entry. Made by DocumentCache::key, outside the lock.
struct CacheKey {
  std::uint32_t source = 0;  // Source::id
  std::string_view text;     // the Redis key
  std::uint64_t hash = 0;    // of the Redis key alone: an invalidation does not name a source
};

// What the cache knows about a key.
struct Cached {
  enum class State : std::uint8_t {
    absent,
    fresh,
    stale,     // past its ttl: used while it is fetched again, or if Redis fails
    negative,  // there is nothing usable at the key: `reason` says why
  };
  State state = State::absent;
  Lookup reason = Lookup::missing;
  // Whether the caller has to fetch the document: always if absent, and if stale unless another
  // caller began to less than a lease ago.
  bool fetch = true;
  // To be passed to the store that follows, which refuses what was invalidated in between.
  std::uint64_t generation = 0;
  std::int64_t fresh_until = 0;  // of one that is fresh
  std::size_t size = 0;          // of the document
  std::string_view bytes;        // the document; "" if there was no room for `size` bytes
};

struct CacheStatistics {
  std::uint64_t entries = 0;
  std::uint64_t used = 0;       // bytes that the entries take
  std::uint64_t available = 0;  // bytes for entries in all
  std::uint64_t evictions = 0;  // entries that had to make room
  std::uint64_t refused =
      0;  // stores that exceeded the limit of size, or came after an invalidation
};

// A hash table with a list in the order of use, entirely in shared memory; this object is one
// process's handle. An entry is a chain of blocks of one size, so that memory does not fragment,
// and making room takes exactly as many evictions as are needed, least recently used first (to the
// second). Entries without a document evict no entry that has one, however many there are: they
// have a sixteenth of the memory for themselves, and what is free.
//
// The caller holds a lock during every call except the constructor, key(), generation() and warm().
// Nothing throws or blocks, and the work under the lock is bounded by the size of the document at
// hand.
//
// A process that dies within a change leaves a mark, by which the next one sees that the table
// cannot be trusted, and starts with an empty one. Memory from a build with another layout is not
// touched: every call then finds nothing and stores nothing until init() resets it.
//
// Times are milliseconds of a clock that all processes share and that does not go back.
class DocumentCache {
 public:
  // A stale document is not fetched twice within this time.
  static constexpr std::int64_t lease_ms = 1000;
  // Larger documents are not kept, nor those larger than a sixteenth of the memory.
  static constexpr std::size_t largest_document = std::size_t{1} << 20;

  explicit DocumentCache(const CacheMemory& memory) noexcept;

  // Takes over what is in the memory if it has this build's layout and is sound; otherwise resets
  // it, with `seed`. Returns false if the memory is too small for an empty cache. Processes that
  // are forked later use the object as it is then.
  bool init(const CacheSeed& seed) noexcept;

  CacheKey key(std::uint32_t source, std::string_view text) const noexcept;

  // Returns the generation of the keys with that hash as it is now: as long as it is the one that
  // find() returned with a fresh document, that was not invalidated. Other keys may share it. Needs
  // no lock.
  std::uint64_t generation(std::uint64_t hash) const noexcept;

  // Loads what find() will read into the processor's caches, so that the lock is held for a shorter
  // time. Needs no lock itself: what it reads may be changing, and is only a hint.
  void warm(const CacheKey& key) const noexcept;

  // Finds an entry, and copies its document to `buffer`, of `room` bytes, if it fits.
  Cached find(const CacheKey& key, std::int64_t now, char* buffer, std::size_t room) noexcept;

  // Stores a copy. `ttl` and `stale` are durations in milliseconds; a document with ttl 0 and stale
  // 0 is not kept. Returns false if it is not kept. What was there before is then removed as well,
  // unless the key was invalidated after find() returned `generation`.
  bool store(const CacheKey& key, std::string_view document, std::int64_t now, std::int64_t ttl,
             std::int64_t stale, std::uint64_t generation) noexcept;
  bool store_negative(const CacheKey& key, Lookup reason, std::int64_t now, std::int64_t ttl,
                      std::uint64_t generation) noexcept;

  // Removes the entries of the key, whichever sources read it; what is being fetched now will not
  // be kept. Returns how many entries there were.
  std::uint32_t invalidate(const CacheKey& key) noexcept;

  // Does the same for every key.
  void invalidate_all() noexcept;

  // A process to which Redis announces every change. `scope` identifies what it watches there: one
  // that watches something else is not a substitute for it.
  struct Watcher {
    std::int32_t process = 0;
    std::uint32_t scope = 0;
  };
  using IsRunning = bool (*)(std::int32_t process) noexcept;

  // Call them when changes are announced to the watcher from now on, or no longer. If no other
  // watcher of its scope was running meanwhile, changes may have been missed: then no document that
  // was stored or fetched before is fresh until it has been fetched again. Return whether that is
  // so.
  bool begin_watch(const Watcher& watcher, IsRunning is_running) noexcept;
  bool end_watch(const Watcher& watcher, IsRunning is_running) noexcept;

  CacheStatistics statistics() noexcept;

 private:
  // The addresses of things: the same for every process, and never read from the shared memory.
  struct Shape {
    std::uint32_t* buckets = nullptr;
    std::size_t bucket_mask = 0;  // number of buckets minus one
    // The next block of the same entry, or of the free blocks, by block. Apart from the blocks, so
    // that following a chain does not wait for each block in turn.
    std::uint32_t* links = nullptr;
    char* blocks = nullptr;
    std::uint32_t block_count = 0;  // 0 if the memory is too small
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
