#include "nginx/redis_invalidation.h"

#include <new>

#include "nginx/redis_text.h"
#include "nginx/worker.h"

namespace personalize {

namespace {

// A server that is gone without a word is noticed after two of them.
constexpr ngx_msec_t heartbeat_interval = 1000;

// What a server does not grant, it may grant later; nobody waits for it.
constexpr ngx_msec_t refused_interval = 60000;

constexpr std::size_t most_unsent = std::size_t{1024} * 1024;

// Equal for connections that are told of the same changes.
std::uint32_t scope_of(const RedisOptions& options, const std::vector<std::string>& prefixes) {
  std::string text = options.name + '\0' + std::to_string(options.db);
  for (const std::string& prefix : prefixes) {
    text += '\0' + prefix;
  }
  return ngx_crc32_long(reinterpret_cast<u_char*>(text.data()), text.size());
}

// Redis knows the command and the user may not use it, or Redis is too old to know it.
bool is_not_granted(std::string_view error) noexcept {
  const auto begins = [&](std::string_view with) { return error.substr(0, with.size()) == with; };
  return begins("NOPERM") || begins("ERR unknown") || begins("ERR Unknown");
}

const char* remedy(std::string_view error) noexcept {
  if (error.substr(0, 6) == "NOPERM") {
    return "allow the user= of personalize_redis: ACL SETUSER NAME +client|id +client|tracking "
           "+subscribe &__redis__:invalidate; or write invalidation=off in personalize_cache";
  }
  return is_not_granted(error) ? "Redis 6 or later is needed; or write invalidation=off in "
                                 "personalize_cache"
                               : "see personalize_redis";
}

}  // namespace

// As ngx_snprintf() does.
template <class... Arguments>
RedisInvalidation::Reason RedisInvalidation::format(const char* text,
                                                    Arguments... arguments) noexcept {
  Reason reason{};
  ngx_snprintf(reinterpret_cast<u_char*>(reason.data()), reason.size() - 1, text, arguments...);
  return reason;
}

RedisInvalidation::RedisInvalidation(const RedisOptions& options,
                                     const std::vector<std::string>& prefixes, RedisClient& client,
                                     SharedCache& cache, Counters& counters, ngx_log_t* log)
    : options_(options),
      prefixes_(prefixes),
      scope_(scope_of(options, prefixes)),
      client_(client),
      cache_(cache),
      counters_(counters),
      log_(log),
      connection_(*this, options.tls, options.hosts, log),
      backoff_(CircuitBreaker::Limits{}) {
  timer_owner_.data = this;
  timer_owner_.fd = static_cast<ngx_socket_t>(-1);
  timer_.data = &timer_owner_;
  timer_.log = log;
  timer_.cancelable = 1;  // a worker that shuts down does not wait for it
  timer_.handler = [](ngx_event_t* event) {
    auto* owner = static_cast<ngx_connection_t*>(event->data);
    static_cast<RedisInvalidation*>(owner->data)->on_timer();
  };
  connect();
}

// --- Connecting ---

void RedisInvalidation::connect() noexcept {
  tried_ = 0;
  if (!open_next_address()) {
    lose("cannot connect");
  } else if (!greet()) {
    lose("out of memory");
  }
}

bool RedisInvalidation::open_next_address() noexcept {
  while (tried_ < options_.addresses.size()) {
    if (connection_.open(options_.addresses[tried_++]) == NGX_OK) {
      start_timer(options_.connect_timeout);
      return true;
    }
  }
  return false;
}

bool RedisInvalidation::greet() noexcept {
  try {
    reader_.emplace(invalidation_limits());
  } catch (const std::bad_alloc&) {
    return false;
  }
  step_ = options_.password.empty() ? Step::client_id : Step::auth;
  if (step_ == Step::auth) {
    const bool said = options_.user.empty() ? say({"AUTH", options_.password})
                                            : say({"AUTH", options_.user, options_.password});
    if (!said) {
      return false;
    }
  }
  return say({"CLIENT", "ID"});
}

bool RedisInvalidation::say(std::initializer_list<std::string_view> words) noexcept {
  if (!commands_.add(words.begin(), words.size(), most_unsent)) {
    return false;
  }
  connection_.write_soon();
  return true;
}

// Asked for before subscribing: after that, Redis takes no such command any more.
bool RedisInvalidation::ask_for_tracking(std::int64_t client_id) noexcept {
  try {
    const std::string id = std::to_string(client_id);
    std::vector<std::string_view> words{"CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST"};
    for (const std::string& prefix : prefixes_) {
      words.emplace_back("PREFIX");
      words.emplace_back(prefix);
    }
    return commands_.add(words.data(), words.size(), most_unsent) &&
           say({"SUBSCRIBE", invalidation_channel});
  } catch (const std::bad_alloc&) {
    return false;
  }
}

// --- What Redis says ---

bool RedisInvalidation::on_bytes(std::string_view bytes) noexcept {
  for (;;) {
    switch (reader_->read(bytes)) {
      case ReplyReader::Status::more:
        return true;
      case ReplyReader::Status::broken:
        return lose("it does not keep to Redis's protocol: %s",
                    Printable(reader_->error()).c_str());
      case ReplyReader::Status::reply:
        if (!on_reply(reader_->reply())) {
          return false;
        }
    }
  }
}

// False, here and below, where the connection was given up.
bool RedisInvalidation::on_reply(const RedisReply& reply) noexcept {
  if (reply.kind == RedisReply::Kind::error) {
    return refused(reply);
  }
  switch (step_) {
    case Step::auth:
      step_ = Step::client_id;
      return true;
    case Step::client_id:
      if (reply.kind != RedisReply::Kind::integer) {
        break;
      }
      step_ = Step::tracking;
      return ask_for_tracking(reply.integer) || lose("out of memory");
    case Step::tracking:
      step_ = Step::subscribe;
      return true;
    case Step::subscribe:
    case Step::watching:
      return on_message(read_invalidation(reply));
    case Step::disconnected:
      break;
  }
  return lose("its answer to CLIENT ID is not a number");
}

bool RedisInvalidation::on_message(const Invalidation& message) noexcept {
  switch (message.kind) {
    case Invalidation::Kind::malformed:
      return lose("it sends what is not a message of the channel %s", invalidation_channel.data());
    case Invalidation::Kind::subscribed:
      on_subscribed();
      break;
    case Invalidation::Kind::keys:
      on_keys(message);
      break;
    case Invalidation::Kind::everything:
      cache_.invalidate_all();
      counters_.add(Counter::cache_invalidated_all);
      worker().switches.refresh();
      break;
    case Invalidation::Kind::foreign:
      break;
  }
  return true;
}

void RedisInvalidation::on_subscribed() noexcept {
  if (step_ == Step::watching) {
    heartbeat_unanswered_ = false;
    backoff_.succeeded();
    return;
  }
  step_ = Step::watching;
  if (cache_.begin_watch(scope_)) {
    counters_.add(Counter::cache_invalidated_all);
  }
  start_timer(heartbeat_interval);
  const ngx_uint_t level = announced_ ? NGX_LOG_NOTICE : NGX_LOG_INFO;
  ngx_log_error(level, log_, 0, "personalize: redis server %s tells which keys change",
                options_.name.c_str());
  announced_ = false;
}

void RedisInvalidation::on_keys(const Invalidation& message) noexcept {
  for (std::uint32_t i = 0; i < message.count; ++i) {
    if (message.keys[i].kind != RedisReply::Kind::string) {
      continue;
    }
    if (message.keys[i].text == RedisSwitches::key) {
      worker().switches.refresh();
    } else {
      counters_.add(Counter::cache_invalidated, cache_.invalidate(message.keys[i].text));
    }
  }
}

// --- Losing it, and trying again ---

void RedisInvalidation::on_lost(ngx_err_t error) noexcept {
  if (!connection_.is_connected()) {
    connection_.close();
    if (!open_next_address()) {
      lose("cannot connect");
    }
  } else if (error == 0) {
    lose("it closed the connection");
  } else {
    lose("%s", ErrorText(error).c_str());
  }
}

void RedisInvalidation::on_exiting(bool) noexcept {
  stop();
}

void RedisInvalidation::on_timer() noexcept {
  switch (step_) {
    case Step::disconnected:
      if (!ngx_exiting) {
        connect();
      }
      break;
    case Step::watching:
      // PING is answered differently by versions of Redis there; this is by all.
      if (heartbeat_unanswered_) {
        lose("it does not answer any more");
      } else if (!say({"SUBSCRIBE", invalidation_channel})) {
        lose("out of memory");
      } else {
        heartbeat_unanswered_ = true;
        start_timer(heartbeat_interval);
      }
      break;
    default:
      if (connection_.is_connected()) {
        lose("it does not answer within %M ms (connect_timeout= of personalize_redis)",
             options_.connect_timeout);
      } else {
        on_lost(NGX_ETIMEDOUT);
      }
  }
}

bool RedisInvalidation::refused(const RedisReply& reply) noexcept {
  const bool is_lasting = is_not_granted(reply.text);
  const Reason reason =
      format("it says \"%s\"; %s", Printable(reply.text).c_str(), remedy(reply.text));
  disconnect();
  // All workers are told the same.
  announce(reason, ngx_worker == 0);
  if (is_lasting) {
    start_timer(refused_interval / 2 + static_cast<ngx_msec_t>(ngx_random()) % refused_interval);
  } else {
    retry();
  }
  return false;
}

template <class... Arguments>
bool RedisInvalidation::lose(const char* why, Arguments... arguments) noexcept {
  const Reason reason = format(why, arguments...);
  // What keeps a server from being reached at all, the connection for commands says.
  const bool is_news = connection_.is_connected();
  disconnect();
  if (is_news) {
    announce(reason, true);
  }
  client_.reconsider();
  retry();
  return false;
}

void RedisInvalidation::retry() noexcept {
  backoff_.trip();
  start_timer(backoff_.delay_ms(static_cast<std::uint32_t>(ngx_random())));
}

void RedisInvalidation::disconnect() noexcept {
  if (step_ == Step::watching && cache_.end_watch(scope_)) {
    counters_.add(Counter::cache_invalidated_all);
  }
  step_ = Step::disconnected;
  heartbeat_unanswered_ = false;
  connection_.close();
  commands_.clear();
  reader_.reset();
}

void RedisInvalidation::stop() noexcept {
  disconnect();
  if (timer_.timer_set) {
    ngx_del_timer(&timer_);
  }
}

void RedisInvalidation::start_timer(ngx_msec_t delay) noexcept {
  if (timer_.timer_set) {
    ngx_del_timer(&timer_);
  }
  ngx_add_timer(&timer_, delay);
}

// Once, until it works again.
void RedisInvalidation::announce(const Reason& reason, bool is_for_log) noexcept {
  if (!announced_ && is_for_log) {
    ngx_log_error(NGX_LOG_WARN, log_, 0,
                  "personalize: redis server %s does not tell which keys change, so documents are "
                  "used until their ttl= is over: %s",
                  options_.name.c_str(), reason.data());
  }
  announced_ = true;
}

}  // namespace personalize
