#include "nginx/request/documents/lookups.h"

#include <algorithm>
#include <array>
#include <utility>

#include "nginx/platform/clock.h"
#include "nginx/worker.h"
#include "personalize/sources/gathering.h"

namespace personalize {

namespace {

Lookup outcome_of(RedisFailure why) noexcept {
  return why == RedisFailure::timeout ? Lookup::timeout : Lookup::error;
}

// Returns whether Redis has answered and there is nothing usable at the key.
bool is_negative(Lookup outcome) noexcept {
  return outcome == Lookup::missing || outcome == Lookup::too_large || outcome == Lookup::invalid ||
         outcome == Lookup::wrong_type;
}

std::int64_t now_ms() noexcept {
  return static_cast<std::int64_t>(ngx_current_msec);
}

// Commands of documents that are gathered, which are on their way at the same time: those of two
// rounds. Look-ups need room on the connection, too.
constexpr std::size_t most_gathering = 512;

// What a worker keeps of the cache in its own memory: this part of the cache's, and no more than
// this.
constexpr std::size_t kept_share = 8;
constexpr std::size_t most_kept = std::size_t{16} << 20;

std::size_t kept_size(const SharedCache* cache) noexcept {
  return cache == nullptr ? 0 : std::min(cache->size() / kept_share, most_kept);
}

const DocumentCache& table_of(const SharedCache* cache) noexcept {
  static const DocumentCache none{CacheMemory()};
  return cache == nullptr ? none : cache->table();
}

}  // namespace

// One fetch of a document from Redis. Requests for the same document share it.
class Lookups::Fetch final : public RedisCommandHandler {
 public:
  Fetch(Lookups& lookups, const Source& source, std::uint64_t generation)
      : source(source), generation(generation), parts_(&lookups.memory_), lookups_(lookups) {}

  // Sends the command, or the first ones. Returns false if Redis cannot be asked.
  bool start() noexcept {
    try {
      if (source.gatherer != nullptr) {
        gathering_ = source.gatherer->begin(redis_key(), ngx_time(), &lookups_.memory_);
        return send_round();
      }
      std::array<std::byte, 1024> room;
      std::pmr::monotonic_buffer_resource arena(room.data(), room.size());
      const auto words = redis_command(source, redis_key(), &arena);
      return !words.empty() && lookups_.redis_->send(words.data(), words.size(), *this);
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  void cancel() noexcept {
    lookups_.redis_->cancel(*this);
    for (Part& part : parts_) {
      lookups_.redis_->cancel(part);
    }
  }

  // Both destroy this object.
  void on_reply(const RedisReply& reply) noexcept override {
    observe(Histogram::lookup, monotonic_ns() - begun_ns_);
    try {
      DocumentBuilder document(&lookups_.memory_);
      const ReadReply read = read_reply(source, reply, document);
      if (read.is_mended) {
        count(Counter::mended_document);
        worker().log(Counter::mended_document, ngx_cycle->log,
                     "JSON with errors in Redis, repaired, at key ", redis_key());
      }
      lookups_.finish(*this, read.outcome,
                      read.outcome == Lookup::fetched ? document.finish() : std::string_view());
    } catch (const std::bad_alloc&) {
      lookups_.finish(*this, Lookup::error, {});
    }
  }

  void on_failure(RedisFailure why) noexcept override {
    // Other failures say nothing about how fast Redis is.
    if (why == RedisFailure::timeout) {
      observe(Histogram::lookup, monotonic_ns() - begun_ns_);
    }
    lookups_.finish(*this, outcome_of(why), {});
  }

  std::string_view redis_key() const noexcept {
    return std::string_view(*key).substr(sizeof(Source::id) + sizeof(generation));
  }

  const Source& source;
  const std::uint64_t generation;  // of the cache's key, when the fetch began
  const Key* key = nullptr;        // in the map that owns this
  LookupWaiter* waiters = nullptr;

 private:
  // A command of the round of a document that is gathered.
  class Part final : public RedisCommandHandler {
   public:
    explicit Part(Fetch& fetch, std::size_t number) : fetch_(fetch), number_(number) {}
    void on_reply(const RedisReply& reply) noexcept override { fetch_.take(number_, reply); }
    void on_failure(RedisFailure why) noexcept override { fetch_.fail(outcome_of(why)); }

   private:
    Fetch& fetch_;
    std::size_t number_;
  };

  // Returns whether any command of the round was sent; the document fails if some were not.
  bool send_round() {
    const auto& commands = gathering_->commands();
    parts_.clear();
    parts_.reserve(commands.size());
    for (std::size_t i = 0; i < commands.size(); ++i) {
      parts_.emplace_back(*this, i);
      const bool is_sent =
          lookups_.gathering_ < most_gathering &&
          lookups_.redis_->send(commands[i].data(), commands[i].size(), parts_.back());
      if (!is_sent) {
        failure_ = Lookup::error;
        break;
      }
      ++waiting_;
      ++lookups_.gathering_;
    }
    return waiting_ != 0;
  }

  void take(std::size_t number, const RedisReply& reply) noexcept {
    try {
      gathering_->take(number, reply);
    } catch (const std::bad_alloc&) {
      failure_ = Lookup::error;
    }
    end_part();
  }

  void fail(Lookup why) noexcept {
    failure_ = why;
    end_part();
  }

  // May destroy this object.
  void end_part() noexcept {
    --lookups_.gathering_;
    if (--waiting_ != 0) {
      return;
    }
    try {
      if (!failure_ && send_round()) {
        return;
      }
      observe(Histogram::lookup, monotonic_ns() - begun_ns_);
      DocumentBuilder document(&lookups_.memory_);
      const Lookup outcome = failure_ ? *failure_ : gathering_->finish(document);
      lookups_.finish(*this, outcome,
                      outcome == Lookup::fetched ? document.finish() : std::string_view());
    } catch (const std::bad_alloc&) {
      lookups_.finish(*this, Lookup::error, {});
    }
  }

  std::unique_ptr<Gathering> gathering_;
  std::pmr::vector<Part> parts_;
  std::size_t waiting_ = 0;  // parts without a reply
  std::optional<Lookup> failure_;
  Lookups& lookups_;
  const std::uint64_t begun_ns_ = monotonic_ns();
};

Lookups::Lookups(SharedCache* cache, RedisClient* redis)
    : cache_(cache), redis_(redis), kept_(table_of(cache), kept_size(cache)), fetches_(&memory_) {}

Lookups::~Lookups() {
  for (auto& [key, fetch] : fetches_) {
    fetch.cancel();
    while (fetch.waiters != nullptr) {
      leave(*fetch.waiters);
    }
  }
}

KeptDocument* Lookups::find_kept(const Source& source, const KeyParts& key, std::uint64_t hash,
                                 HeldDocuments& held) {
  KeptDocument* kept =
      source.times.ttl_ms > 0 ? kept_.find(source.id, key, hash, now_ms()) : nullptr;
  if (kept != nullptr) {
    held.hold(*kept);
  }
  return kept;
}

Lookups::Found Lookups::find(const Source& source, std::string_view key, std::uint64_t hash,
                             LookupWaiter& waiter, HeldDocuments& held,
                             std::pmr::memory_resource* memory) noexcept {
  try {
    if (KeptDocument* kept = find_kept(source, {{}, key, {}}, hash, held)) {
      return {Lookup::hit, kept->bytes(), kept};
    }
    Cached cached;
    if (cache_ != nullptr && source.times.ttl_ms > 0) {
      cached = cache_->find(source.id, key, now_ms(), memory);
    }
    switch (cached.state) {
      case Cached::State::fresh:
        if (KeptDocument* kept = kept_.keep(source.id, key, hash, cached, now_ms())) {
          held.hold(*kept);
          return {Lookup::hit, kept->bytes(), kept};
        }
        return {Lookup::hit, cached.bytes};
      case Cached::State::negative:
        return {cached.reason, {}};
      case Cached::State::stale:
        if (cached.fetch) {
          start_fetch(source, fetch_key(source, key, cached.generation), cached.generation,
                      nullptr);
        }
        return {Lookup::stale, cached.bytes};
      case Cached::State::absent:
        break;
    }
    const bool started =
        start_fetch(source, fetch_key(source, key, cached.generation), cached.generation, &waiter);
    return {started ? Lookup::pending : Lookup::error, {}};
  } catch (const std::bad_alloc&) {
    return {};
  }
}

void Lookups::leave(LookupWaiter& waiter) noexcept {
  if (waiter.link_ == nullptr) {
    return;
  }
  *waiter.link_ = waiter.next_;
  if (waiter.next_ != nullptr) {
    waiter.next_->link_ = waiter.link_;
  }
  waiter.next_ = nullptr;
  waiter.link_ = nullptr;
}

void Lookups::join(LookupWaiter*& list, LookupWaiter& waiter) noexcept {
  waiter.next_ = list;
  waiter.link_ = &list;
  if (list != nullptr) {
    list->link_ = &waiter.next_;
  }
  list = &waiter;
}

Lookups::Key Lookups::fetch_key(const Source& source, std::string_view key,
                                std::uint64_t generation) {
  Key whole(&memory_);
  whole.reserve(sizeof(source.id) + sizeof(generation) + key.size());
  whole.append(reinterpret_cast<const char*>(&source.id), sizeof(source.id));
  whole.append(reinterpret_cast<const char*>(&generation), sizeof(generation));
  whole.append(key);
  return whole;
}

// Joins or begins a fetch. Returns false if Redis cannot be asked; then `waiter` does not wait.
bool Lookups::start_fetch(const Source& source, Key key, std::uint64_t generation,
                          LookupWaiter* waiter) {
  const auto [entry, is_new] = fetches_.try_emplace(std::move(key), *this, source, generation);
  Fetch& fetch = entry->second;
  if (is_new) {
    fetch.key = &entry->first;
    if (!fetch.start()) {
      fetches_.erase(entry);
      return false;
    }
  }
  if (waiter != nullptr) {
    join(fetch.waiters, *waiter);
  }
  return true;
}

namespace {

// Redis does not say what it has instead, but for who asks with TYPE.
const char* message_of_type(SourceType type) noexcept {
  switch (type) {
    case SourceType::hash:
    case SourceType::fields:
      return "the value is not of its type= in the configuration: type=hash reads a hash, and TYPE "
             "tells what it is, at key ";
    case SourceType::list:
      return "the value is not of its type= in the configuration: type=list reads a list, and TYPE "
             "tells what it is, at key ";
    case SourceType::ranking:
    case SourceType::zset:
      return "the value is not of its type= in the configuration: it reads a sorted set, and TYPE "
             "tells what it is, at key ";
    case SourceType::gathered:
      return "a key that a learned list is made of is not a sorted set, and TYPE tells what it is; "
             "their names begin with pz: and that of the list, which is ";
    case SourceType::json:
    case SourceType::string:
      break;
  }
  return "the value is not of its type= in the configuration: type=json and type=string read a "
         "string, and TYPE tells what it is, at key ";
}

}  // namespace

// Logs what is wrong with the operator's data. What is wrong with a server is logged by its
// connection.
void Lookups::report(const Fetch& fetch, Lookup outcome) noexcept {
  const char* message;
  switch (outcome) {
    case Lookup::invalid:
      message = "invalid JSON in Redis at key ";
      break;
    case Lookup::too_large:
      message = "the value exceeds its max= in the configuration, at key ";
      break;
    case Lookup::wrong_type:
      message = message_of_type(fetch.source.type);
      break;
    default:
      return;
  }
  // What a learned list is of stands in lines.
  std::array<char, 256> shown;
  const auto key = fetch.redis_key().substr(0, shown.size());
  const bool is_learned = fetch.source.type == SourceType::gathered;
  std::replace_copy(key.begin(), key.end(), shown.begin(), '\n', is_learned ? ' ' : '\n');
  worker().log(*counter_of(outcome), ngx_cycle->log, message, {shown.data(), key.size()});
}

void Lookups::finish(Fetch& fetch, Lookup outcome, std::string_view bytes) noexcept {
  if (cache_ != nullptr && fetch.source.times.ttl_ms > 0) {
    const CacheTimes& times = fetch.source.times;
    if (outcome == Lookup::fetched) {
      const bool kept = cache_->store(fetch.source.id, fetch.redis_key(), bytes, now_ms(),
                                      times.ttl_ms, times.stale_ms, fetch.generation);
      count(kept ? Counter::cache_stored : Counter::cache_no_room);
    } else if (is_negative(outcome)) {
      cache_->store_negative(fetch.source.id, fetch.redis_key(), outcome, now_ms(),
                             times.negative_ms, fetch.generation);
    }
  }

  report(fetch, outcome);

  // The fetch is erased before waiters are called, since one may begin another for the same key.
  LookupWaiter* waiting = nullptr;
  while (fetch.waiters != nullptr) {
    LookupWaiter& waiter = *fetch.waiters;
    leave(waiter);
    join(waiting, waiter);
  }
  fetches_.erase(fetches_.find(*fetch.key));

  while (waiting != nullptr) {
    LookupWaiter& waiter = *waiting;
    leave(waiter);
    waiter.on_document(outcome, bytes);
  }
}

}  // namespace personalize
