#include "nginx/redis_sentinel_watch.h"

#include <new>

#include "nginx/redis_text.h"
#include "redis/sentinel.h"

namespace personalize {

namespace {

// A sentinel that is gone without a word is noticed after two of them.
constexpr ngx_msec_t heartbeat_interval = 1000;

// What a sentinel does not grant, it may grant later; it is asked who is master all the same.
constexpr ngx_msec_t refused_interval = 60000;

constexpr std::size_t most_unsent = 65536;

}  // namespace

RedisSentinelWatch::RedisSentinelWatch(const RedisOptions& options, RedisSentinelListener& listener,
                                       ngx_log_t* log)
    : options_(options),
      listener_(listener),
      log_(log),
      connection_(*this, options.tls, options.hosts, log),
      backoff_(CircuitBreaker::Limits{}),
      next_(static_cast<std::size_t>(ngx_random())) {
  timer_.bind<&RedisSentinelWatch::on_timer>(*this, log);
  connect();
}

// --- Connecting ---

void RedisSentinelWatch::connect() noexcept {
  const ngx_addr_t& address = options_.addresses[next_++ % options_.addresses.size()];
  if (connection_.open(address) != NGX_OK || !greet()) {
    lose();
    return;
  }
  timer_.start(options_.connect_timeout);
}

bool RedisSentinelWatch::greet() noexcept {
  try {
    reader_.emplace(sentinel_message_limits());
  } catch (const std::bad_alloc&) {
    return false;
  }
  step_ = options_.password.empty() ? Step::subscribe : Step::auth;
  if (step_ == Step::auth) {
    const bool said = options_.user.empty() ? say({"AUTH", options_.password})
                                            : say({"AUTH", options_.user, options_.password});
    if (!said) {
      return false;
    }
  }
  return say({"SUBSCRIBE", switch_channel});
}

bool RedisSentinelWatch::say(std::initializer_list<std::string_view> words) noexcept {
  if (!commands_.add(words.begin(), words.size(), most_unsent)) {
    return false;
  }
  connection_.write_soon();
  return true;
}

// --- What the sentinel says ---

bool RedisSentinelWatch::on_bytes(std::string_view bytes) noexcept {
  for (;;) {
    switch (reader_->read(bytes)) {
      case ReplyReader::Status::more:
        return true;
      case ReplyReader::Status::broken:
        return lose();
      case ReplyReader::Status::reply:
        if (!on_reply(reader_->reply())) {
          return false;
        }
    }
  }
}

// False, here and below, where the connection was given up.
bool RedisSentinelWatch::on_reply(const RedisReply& reply) noexcept {
  if (reply.kind == RedisReply::Kind::error) {
    return refused(reply);
  }
  if (step_ == Step::auth) {
    step_ = Step::subscribe;
    return true;
  }
  try {
    const SentinelMessage message = read_sentinel_message(reply);
    switch (message.kind) {
      case SentinelMessage::Kind::malformed:
        return lose();
      case SentinelMessage::Kind::subscribed:
        if (step_ == Step::subscribe) {
          step_ = Step::watching;
          announced_ = false;
          timer_.start(heartbeat_interval);
        } else {
          backoff_.succeeded();
        }
        heartbeat_unanswered_ = false;
        break;
      case SentinelMessage::Kind::switched:
        if (message.master == options_.master) {
          listener_.on_switch(message.address);
        }
        break;
      case SentinelMessage::Kind::other:
        break;
    }
  } catch (const std::bad_alloc&) {
    return lose();
  }
  return true;
}

// --- Losing it, and trying again ---

bool RedisSentinelWatch::refused(const RedisReply& reply) noexcept {
  // All workers are told the same.
  if (!announced_ && ngx_worker == 0) {
    ngx_log_error(
        NGX_LOG_WARN, log_, 0,
        "personalize: redis master %s: a sentinel does not tell of a new master, which is "
        "asked for every second: it says \"%s\"; %s",
        options_.master.c_str(), Printable(reply.text).c_str(),
        remedy_or(reply.text, "check sentinel_user= of personalize_redis"));
  }
  announced_ = true;
  disconnect();
  timer_.start(refused_interval / 2 + static_cast<ngx_msec_t>(ngx_random()) % refused_interval);
  return false;
}

bool RedisSentinelWatch::lose() noexcept {
  disconnect();
  backoff_.trip();
  timer_.start(backoff_.delay_ms(static_cast<std::uint32_t>(ngx_random())));
  return false;
}

void RedisSentinelWatch::disconnect() noexcept {
  connection_.close();
  commands_.clear();
  reader_.reset();
  timer_.stop();
  step_ = Step::disconnected;
  heartbeat_unanswered_ = false;
}

void RedisSentinelWatch::on_timer() noexcept {
  if (step_ == Step::disconnected) {
    if (!ngx_exiting) {
      connect();
    }
  } else if (step_ != Step::watching || heartbeat_unanswered_ ||
             // Sentinels of all versions answer it, which is not so of PING there.
             !say({"SUBSCRIBE", switch_channel})) {
    lose();
  } else {
    heartbeat_unanswered_ = true;
    timer_.start(heartbeat_interval);
  }
}

}  // namespace personalize
