// Documents for requests: from the shared cache, from a fetch that is already under way, or from
// Redis. One for each worker.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>

#include "nginx/redis_client/redis_client.h"
#include "nginx/shared/cache.h"
#include "personalize/sources/sources.h"

namespace personalize {

// Waits for one document. Not owned by Lookups; must leave() before it goes away while pending.
class LookupWaiter {
 public:
  // Called once, from the event loop, never from within find(). `bytes` are the document where
  // there is one; they live until the function returns.
  virtual void on_document(Lookup outcome, std::string_view bytes) noexcept = 0;

 protected:
  ~LookupWaiter() = default;

 private:
  friend class Lookups;
  LookupWaiter* next_ = nullptr;
  LookupWaiter** link_ = nullptr;  // what points to this one; nullptr where it does not wait
};

class Lookups {
 public:
  // `cache` may be nullptr; `redis` nullptr where none is configured. All must outlive this.
  Lookups(SharedCache* cache, RedisClient* redis);
  ~Lookups();
  Lookups(const Lookups&) = delete;
  Lookups& operator=(const Lookups&) = delete;

  // Looks a document up. Where it is known at once, the outcome, and the document's `bytes` in
  // `memory`; else `pending`, and `waiter` is told. A stale document is handed out while it is
  // fetched anew. `source` must live as long as the configuration.
  Lookup find(const Source& source, std::string_view key, LookupWaiter& waiter,
              std::pmr::memory_resource* memory, std::string_view& bytes) noexcept;

  // No longer waits. The fetch goes on and fills the cache.
  static void leave(LookupWaiter& waiter) noexcept;

 private:
  class Fetch;
  // Source::id, the generation of the cache's key, and the Redis key: what was asked for before the
  // key changed is of no use to who asks after that.
  using Key = std::pmr::string;

  static void join(LookupWaiter*& list, LookupWaiter& waiter) noexcept;
  Key fetch_key(const Source& source, std::string_view key, std::uint64_t generation);
  bool start_fetch(const Source& source, Key key, std::uint64_t generation, LookupWaiter* waiter);
  void finish(Fetch& fetch, Lookup outcome, std::string_view bytes) noexcept;

  void report(const Fetch& fetch, Lookup outcome) noexcept;

  SharedCache* cache_;
  RedisClient* redis_;
  // Fetches come and go with every request that is not answered from the cache.
  std::pmr::unsynchronized_pool_resource memory_;
  std::pmr::unordered_map<Key, Fetch> fetches_;
};

}  // namespace personalize
