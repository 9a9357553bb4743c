#include "nginx/redis_client/followers/invalidation.h"

#include <new>

#include "nginx/redis_client/connection/text.h"

namespace personalize {

namespace {

// Returns equal numbers for connections to which the same changes are announced.
std::uint32_t scope_of(const RedisOptions& options, const std::vector<std::string>& prefixes) {
  std::string text = options.name + '\0' + std::to_string(options.db);
  for (const std::string& prefix : prefixes) {
    text += '\0' + prefix;
  }
  return ngx_crc32_long(reinterpret_cast<u_char*>(text.data()), text.size());
}

}  // namespace

RedisInvalidation::RedisInvalidation(const RedisOptions& options,
                                     const std::vector<std::string>& prefixes, RedisClient& client,
                                     RedisSwitches& switches, SharedCache& cache,
                                     Counters& counters, ngx_log_t* log)
    : options_(options),
      prefixes_(prefixes),
      scope_(scope_of(options, prefixes)),
      client_(client),
      switches_(switches),
      cache_(cache),
      counters_(counters),
      log_(log),
      subscription_(options_, invalidation_channel, invalidation_limits(), *this, log) {
  subscription_.begin();
}

// --- Subscribing ---

// Takes the answer to CLIENT ID. Tracking has to be asked for before subscribing, after which Redis
// takes no such command.
void RedisInvalidation::on_answer(const RedisReply& reply) noexcept {
  if (reply.kind != RedisReply::Kind::integer) {
    subscription_.lose(RedisReason("its answer to CLIENT ID is not a number"));
    return;
  }
  try {
    const std::string id = std::to_string(reply.integer);
    std::vector<std::string_view> words{"CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST"};
    for (const std::string& prefix : prefixes_) {
      words.emplace_back("PREFIX");
      words.emplace_back(prefix);
    }
    subscription_.send(words.data(), words.size());
    subscription_.subscribe();
  } catch (const std::bad_alloc&) {
    subscription_.lose(RedisReason("out of memory"));
  }
}

void RedisInvalidation::on_subscribed(bool is_news) noexcept {
  if (cache_.begin_watch(scope_)) {
    counters_.add(Counter::cache_invalidated_all);
  }
  const ngx_uint_t level = is_news ? NGX_LOG_NOTICE : NGX_LOG_INFO;
  ngx_log_error(level, log_, 0, "personalize: redis server %s: invalidation messages are on",
                options_.name.c_str());
}

void RedisInvalidation::on_unsubscribed() noexcept {
  if (cache_.end_watch(scope_)) {
    counters_.add(Counter::cache_invalidated_all);
  }
}

// --- Messages ---

void RedisInvalidation::on_message(const RedisReply& payload) noexcept {
  const Invalidation message = read_invalidation(payload);
  switch (message.kind) {
    case Invalidation::Kind::malformed:
      subscription_.lose(RedisReason("malformed invalidation message"));
      break;
    case Invalidation::Kind::keys:
      on_keys(message);
      break;
    case Invalidation::Kind::everything:
      cache_.invalidate_all();
      counters_.add(Counter::cache_invalidated_all);
      switches_.refresh();
      break;
    case Invalidation::Kind::foreign:
      break;
  }
}

void RedisInvalidation::on_keys(const Invalidation& message) noexcept {
  for (std::uint32_t i = 0; i < message.count; ++i) {
    if (message.keys[i].kind != RedisReply::Kind::string) {
      continue;
    }
    if (message.keys[i].text == RedisSwitches::key) {
      switches_.refresh();
    } else {
      counters_.add(Counter::cache_invalidated, cache_.invalidate(message.keys[i].text));
    }
  }
}

// --- Loss ---

void RedisInvalidation::on_lost(const RedisReason* news) noexcept {
  if (news != nullptr) {
    ngx_log_error(NGX_LOG_WARN, log_, 0,
                  "personalize: redis server %s: no invalidation messages, so cached documents are "
                  "used until their ttl= has passed: %s",
                  options_.name.c_str(), news->c_str());
  }
  client_.reconsider();
}

const char* RedisInvalidation::remedy(std::string_view error) const noexcept {
  if (error.substr(0, 6) == "NOPERM") {
    return "allow the user= of personalize_redis: ACL SETUSER NAME +client|id +client|tracking "
           "+subscribe &__redis__:invalidate; or write invalidation=off in personalize_cache";
  }
  return is_not_granted(error) ? "Redis 6 or later is needed; or write invalidation=off in "
                                 "personalize_cache"
                               : "see personalize_redis";
}

}  // namespace personalize
