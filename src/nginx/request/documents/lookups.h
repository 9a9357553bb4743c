// Finds documents for requests: in the shared cache, by joining a fetch that is already in flight,
// or in Redis. Each worker has one.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>

#include "nginx/redis_client/redis_client.h"
#include "nginx/shared/cache.h"
#include "personalize/sources/kept_documents.h"
#include "personalize/sources/sources.h"

namespace personalize {

// Waits for one document. Lookups does not own it; it must leave() before it is destroyed while it
// waits.
class LookupWaiter {
 public:
  // Called once, from the event loop, never from within find(). `bytes` is the document, or empty
  // if there is none; it lives until the function returns.
  virtual void on_document(Lookup outcome, std::string_view bytes) noexcept = 0;

 protected:
  ~LookupWaiter() = default;

 private:
  friend class Lookups;
  LookupWaiter* next_ = nullptr;
  LookupWaiter** link_ = nullptr;  // what points to this one; nullptr if it does not wait
};

class Lookups {
 public:
  // `cache` is nullptr if there is no zone, `redis` if none is configured. Both must outlive this.
  Lookups(SharedCache* cache, RedisClient* redis);
  ~Lookups();
  Lookups(const Lookups&) = delete;
  Lookups& operator=(const Lookups&) = delete;

  // What was found at once: the document, held or allocated from the request's memory; with `kept`
  // if the worker keeps it.
  struct Found {
    Lookup outcome = Lookup::error;
    std::string_view bytes;
    KeptDocument* kept = nullptr;
  };

  // Looks a document up. Returns what is known at once; else `pending`, and calls `waiter` later.
  // Returns a stale document while it is fetched again. `source` must live as long as the
  // configuration.
  Found find(const Source& source, std::string_view key, LookupWaiter& waiter, HeldDocuments& held,
             std::pmr::memory_resource* memory) noexcept {
    return find(source, key, KeptDocuments::hash_of(source.id, key), waiter, held, memory);
  }
  // With the key's hash as KeptDocuments take it.
  Found find(const Source& source, std::string_view key, std::uint64_t hash, LookupWaiter& waiter,
             HeldDocuments& held, std::pmr::memory_resource* memory) noexcept;
  // Returns the document only if this worker keeps it, and holds it; else nullptr. Throws what
  // `held` throws.
  KeptDocument* find_kept(const Source& source, const KeyParts& key, std::uint64_t hash,
                          HeldDocuments& held);

  KeptDocuments& kept() noexcept { return kept_; }

  // Removes a waiter, which may not wait. The fetch goes on and fills the cache.
  static void leave(LookupWaiter& waiter) noexcept;

 private:
  class Fetch;
  // Source::id, the generation of the cache's key, and the Redis key. With the generation, a
  // request that comes after the key has changed does not join a fetch that began before.
  using Key = std::pmr::string;

  static void join(LookupWaiter*& list, LookupWaiter& waiter) noexcept;
  Key fetch_key(const Source& source, std::string_view key, std::uint64_t generation);
  bool start_fetch(const Source& source, Key key, std::uint64_t generation, LookupWaiter* waiter);
  void finish(Fetch& fetch, Lookup outcome, std::string_view bytes) noexcept;

  void report(const Fetch& fetch, Lookup outcome) noexcept;

  SharedCache* cache_;
  RedisClient* redis_;
  KeptDocuments kept_;
  // A pool, since every request that the cache does not answer makes and frees a fetch.
  std::pmr::unsynchronized_pool_resource memory_;
  std::pmr::unordered_map<Key, Fetch> fetches_;
  std::size_t gathering_ = 0;  // commands in flight of documents that are gathered
};

}  // namespace personalize
