#include "nginx/redis_client/connection/subscription.h"

#include <new>

#include "personalize/redis/subscription.h"

namespace personalize {

namespace {

// A server that vanishes is noticed after two of them.
constexpr ngx_msec_t heartbeat_interval = 1000;

// Before asking again for what a server does not grant.
constexpr ngx_msec_t refused_interval = 60000;

constexpr std::size_t most_unsent = std::size_t{1024} * 1024;

}  // namespace

RedisSubscription::RedisSubscription(const RedisOptions& options, std::string_view channel,
                                     const ReplyLimits& limits, RedisSubscriber& subscriber,
                                     ngx_log_t* log)
    : options_(options),
      channel_(channel),
      limits_(limits),
      subscriber_(subscriber),
      connection_(*this, options.tls, *options.hosts, log),
      backoff_(CircuitBreaker::Limits{}) {
  timer_.bind<&RedisSubscription::on_timer>(*this, log);
}

// --- Connecting ---

void RedisSubscription::connect() noexcept {
  try {
    reader_.emplace(limits_);
  } catch (const std::bad_alloc&) {
    lose(RedisReason("out of memory"));
    return;
  }
  tried_ = 0;
  if (!open_address()) {
    lose(RedisReason("cannot connect"));
    return;
  }
  step_ = Step::preparing;
  if (const RedisAuth auth(options_); auth.count() > 0) {
    send(auth.words(), auth.count());
  }
  subscriber_.on_open();
}

// Opens the next address of this round that can be opened.
bool RedisSubscription::open_address() noexcept {
  const auto& addresses = options_.addresses;
  for (; tried_ < addresses.size(); ++tried_, ++address_) {
    if (connection_.open(addresses[address_ % addresses.size()]) == NGX_OK) {
      timer_.start(options_.connect_timeout);
      return true;
    }
  }
  return false;
}

void RedisSubscription::send(const std::string_view* words, std::size_t count) noexcept {
  if (!connection_.is_open()) {
    return;
  }
  if (!commands_.add(words, count, most_unsent)) {
    lose(RedisReason("out of memory"));
    return;
  }
  connection_.write_soon();
}

void RedisSubscription::subscribe() noexcept {
  step_ = Step::subscribing;
  send({"SUBSCRIBE", channel_});
}

// --- Replies ---

bool RedisSubscription::on_bytes(std::string_view bytes) noexcept {
  while (connection_.is_open()) {
    switch (reader_->read(bytes)) {
      case ReplyReader::Status::more:
        return true;
      case ReplyReader::Status::broken:
        lose(RedisReason("it does not keep to Redis's protocol: %s",
                         Printable(reader_->error()).c_str()));
        break;
      case ReplyReader::Status::reply:
        on_reply(reader_->reply());
    }
  }
  return false;
}

void RedisSubscription::on_reply(const RedisReply& reply) noexcept {
  if (reply.kind == RedisReply::Kind::error) {
    refused(reply);
    return;
  }
  if (reply.kind == RedisReply::Kind::status && step_ != Step::subscribed) {
    return;  // the answer to AUTH and the like
  }
  if (step_ == Step::preparing) {
    subscriber_.on_answer(reply);
    return;
  }
  const ChannelMessage message = read_channel_message(reply, channel_);
  switch (message.kind) {
    case ChannelMessage::Kind::malformed:
      lose(RedisReason("it sends what is not a message of the channel %*s", channel_.size(),
                       channel_.data()));
      break;
    case ChannelMessage::Kind::subscribed:
      on_subscribed();
      break;
    case ChannelMessage::Kind::message:
      subscriber_.on_message(*message.payload);
      break;
  }
}

void RedisSubscription::on_subscribed() noexcept {
  if (step_ == Step::subscribed) {
    heartbeat_unanswered_ = false;
    backoff_.succeeded();
    return;
  }
  step_ = Step::subscribed;
  timer_.start(heartbeat_interval);
  subscriber_.on_subscribed(announced_);
  announced_ = false;
}

// --- Loss ---

void RedisSubscription::on_lost(ngx_err_t error) noexcept {
  if (!connection_.is_connected()) {
    connection_.close();
    ++tried_;
    ++address_;
    if (!open_address()) {
      lose(RedisReason("cannot connect"));
    }
  } else if (error == 0) {
    lose(RedisReason("it closed the connection"));
  } else {
    lose(RedisReason("%s", ErrorText(error).c_str()));
  }
}

void RedisSubscription::on_timer() noexcept {
  if (step_ == Step::disconnected) {
    if (!ngx_exiting) {
      connect();
    }
  } else if (step_ != Step::subscribed) {
    if (connection_.is_connected()) {
      lose(RedisReason("it does not answer within %M ms (connect_timeout= of personalize_redis)",
                       options_.connect_timeout));
    } else {
      on_lost(NGX_ETIMEDOUT);
    }
  } else if (heartbeat_unanswered_) {
    lose(RedisReason("it does not answer any more"));
  } else {
    heartbeat_unanswered_ = true;
    timer_.start(heartbeat_interval);
    // Versions of Redis answer PING differently here, and this alike.
    send({"SUBSCRIBE", channel_});
  }
}

void RedisSubscription::refused(const RedisReply& reply) noexcept {
  const bool is_lasting = is_not_granted(reply.text);
  const RedisReason why("it answered \"%s\"; %s", Printable(reply.text).c_str(),
                        subscriber_.remedy(reply.text));
  // All workers get the same answer.
  const bool is_for_log = ngx_worker == 0 && !announced_;
  announced_ = true;
  disconnect();
  if (is_lasting) {
    timer_.start(refused_interval / 2 + static_cast<ngx_msec_t>(ngx_random()) % refused_interval);
  } else {
    retry();
  }
  subscriber_.on_lost(is_for_log ? &why : nullptr);
}

void RedisSubscription::lose(const RedisReason& why) noexcept {
  // That a server cannot be reached at all is logged by its connection for commands.
  const bool is_for_log = connection_.is_connected() && !announced_;
  announced_ = announced_ || is_for_log;
  disconnect();
  retry();
  subscriber_.on_lost(is_for_log ? &why : nullptr);
}

void RedisSubscription::retry() noexcept {
  backoff_.trip();
  timer_.start(backoff_.delay_ms(static_cast<std::uint32_t>(ngx_random())));
}

void RedisSubscription::disconnect() noexcept {
  connection_.close();
  commands_.clear();
  reader_.reset();
  timer_.stop();
  heartbeat_unanswered_ = false;
  if (step_ == Step::subscribed) {
    subscriber_.on_unsubscribed();
  } else {
    ++address_;  // another one may do better
  }
  step_ = Step::disconnected;
}

void RedisSubscription::end() noexcept {
  disconnect();
}

}  // namespace personalize
