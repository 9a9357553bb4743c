#include "nginx/redis_client/connection/link.h"

#include <algorithm>
#include <cstring>

#include "personalize/redis/cluster.h"
#include "personalize/redis/sentinel.h"

namespace personalize {

namespace {

// A connection that has worked for this long was good.
constexpr ngx_msec_t working_after = 1000;

// Time-outs in a row, without any reply, after which a connection is given up.
constexpr std::uint32_t most_silences = 3;

Pipeline::Limits pipeline_limits(const RedisOptions& options) {
  Pipeline::Limits limits;
  limits.in_flight = options.max_in_flight;
  limits.reply.content = options.max_reply;
  if (options.mode != RedisMode::standalone) {
    limits.reply = cluster_limits(limits.reply);
  }
  return limits;
}

}  // namespace

RedisLink::RedisLink(RedisLinkOwner& owner, const RedisOptions& options, Counters& counters,
                     ngx_log_t* log)
    : owner_(owner),
      options_(options),
      counters_(counters),
      log_(log),
      pipeline_(pipeline_limits(options)),
      connection_(*this, options.tls, *options.hosts, log) {
  connect_timer_.bind<&RedisLink::on_connect_timer>(*this, log);
  reply_timer_.bind<&RedisLink::on_reply_timer>(*this, log);
}

bool RedisLink::add(const std::string_view* words, std::size_t count, RedisCommandHandler& handler,
                    bool asking) noexcept {
  constexpr std::string_view words_of_asking[] = {"ASKING"};
  if (asking) {
    // ASKING is for the next command alone, for which there has to be room, too.
    const bool has_room = pipeline_.in_flight() + 1 < options_.max_in_flight;
    if (!has_room || !pipeline_.add(words_of_asking, 1, nullptr, 0)) {
      return false;
    }
  }
  if (!pipeline_.add(words, count, &handler, ngx_current_msec + options_.timeout)) {
    return false;
  }
  // If it runs, it is set to an earlier deadline.
  if (!reply_timer_.is_set()) {
    reply_timer_.start(options_.timeout);
  }
  connection_.write_soon();
  return true;
}

void RedisLink::drop(RedisFailure why) noexcept {
  disconnect();
  fail_all(why);
}

void RedisLink::skip_address() noexcept {
  first_address_ = (first_address_ + 1) % options_.addresses.size();
}

void RedisLink::pause(ngx_msec_t until) noexcept {
  paused_ = true;
  paused_until_ = until;
}

bool RedisLink::may_open() noexcept {
  paused_ = paused_ && !is_due(paused_until_);
  return !is_open() && !paused_ && !failing_;
}

// --- Connecting ---

bool RedisLink::open() noexcept {
  tried_ = 0;
  if (!open_next_address()) {
    lose({RedisFailure::unavailable, cannot_connect(), false});
    return false;
  }
  if (!greet()) {
    lose({RedisFailure::unavailable, RedisReason("out of memory"), false});
    return false;
  }
  return true;
}

bool RedisLink::open_next_address() noexcept {
  while (tried_ < options_.addresses.size()) {
    ++tried_;
    connect_error_ = connection_.open(address());
    if (connect_error_ == 0) {
      connect_timer_.start(options_.connect_timeout);
      return true;
    }
  }
  return false;
}

const ngx_addr_t& RedisLink::address() const noexcept {
  return options_.addresses[(first_address_ + tried_ - 1) % options_.addresses.size()];
}

// Authenticates and selects the data. Commands wait for the replies, so that none is executed as
// another user or on other data. PING unmasks a server that accepts connections and never answers.
bool RedisLink::greet() noexcept {
  const auto add_words = [this](Greeting greeting, const std::string_view* words,
                                std::size_t count) {
    greetings_[greetings_sent_++] = greeting;
    return pipeline_.add(words, count, nullptr, 0);
  };
  const auto add = [&](Greeting greeting, std::initializer_list<std::string_view> words) {
    return add_words(greeting, words.begin(), words.size());
  };
  bool added = true;
  if (const RedisAuth auth(options_); auth.count() > 0) {
    added = add_words(Greeting::auth, auth.words(), auth.count());
  }
  if (options_.db != 0) {
    std::array<char, 16> digits{};
    ngx_snprintf(reinterpret_cast<u_char*>(digits.data()), digits.size() - 1, "%d", options_.db);
    added = added && add(Greeting::select, {"SELECT", digits.data()});
  }
  if (options_.mode == RedisMode::cluster && options_.read_replica) {
    // Masters accept it, too, and a node may become a replica at any time.
    added = added && add(Greeting::readonly, {"READONLY"});
  }
  if (options_.must_be_master) {
    added = added && add(Greeting::role, {"ROLE"});
  }
  added = added && add(Greeting::ping, {"PING"});
  greeting_unsent_ = pipeline_.unsent().size();
  return added;
}

// Returns false, as deliver() does, if the connection was given up because of the reply.
bool RedisLink::on_greeting_reply(const RedisReply& reply) noexcept {
  const Greeting greeting = greetings_[greetings_answered_++];
  // A user who may not PING can still be allowed everything that is needed.
  const bool is_excused =
      (greeting == Greeting::ping || greeting == Greeting::role) && reply.error_code() == "NOPERM";
  const bool is_wrong_role = greeting == Greeting::role && read_role(reply) != "master";
  if ((reply.kind == RedisReply::Kind::error || is_wrong_role) && !is_excused) {
    return refuse(greeting, reply);
  }
  if (greetings_answered_ == greetings_sent_) {
    become_ready();
  }
  return true;
}

bool RedisLink::refuse(Greeting greeting, const RedisReply& reply) noexcept {
  const char* command = "PING";
  const char* advice = "check the address in personalize_redis";
  switch (greeting) {
    case Greeting::auth:
      command = "AUTH";
      advice = "check user= and password_file= of personalize_redis";
      break;
    case Greeting::select:
      command = "SELECT";
      advice = "check db= of personalize_redis";
      break;
    case Greeting::readonly:
      command = "READONLY";
      advice = "is it part of a cluster? check mode= of personalize_redis";
      break;
    case Greeting::role:
      command = "ROLE";
      advice = "the sentinels are asked again";
      break;
    case Greeting::ping:
      break;
  }
  const std::string_view role = read_role(reply);
  const std::string_view said = role.empty() ? reply.text : role;
  lose({RedisFailure::unavailable,
        RedisReason("it answered %s with \"%s\"; %s", command, Printable(said).c_str(),
                    remedy_or(reply.text, advice)),
        false});
  return false;
}

void RedisLink::become_ready() noexcept {
  connect_timer_.stop();
  ready_ = true;
  ready_at_ = ngx_current_msec;
  silences_ = 0;
  first_address_ = (first_address_ + tried_ - 1) % options_.addresses.size();
  tried_ = 1;
  counters_.add(Counter::redis_connected);
  connection_.write_soon();
  owner_.on_ready(*this);
}

// --- Calls of the connection ---

std::string_view RedisLink::unsent() noexcept {
  const std::string_view bytes = pipeline_.unsent();
  return ready_ ? bytes : bytes.substr(0, greeting_unsent_);
}

void RedisLink::on_sent(std::size_t size) noexcept {
  pipeline_.sent(size);
  if (!ready_) {
    greeting_unsent_ -= size;
  }
}

bool RedisLink::on_bytes(std::string_view bytes) noexcept {
  for (;;) {
    const Pipeline::Received received = pipeline_.receive(bytes);
    switch (received.kind) {
      case Pipeline::Received::Kind::more:
        return keep_unless_exiting();
      case Pipeline::Received::Kind::broken:
        lose({RedisFailure::protocol,
              RedisReason("it does not keep to Redis's protocol (%s); check the address in "
                          "personalize_redis",
                          Printable(pipeline_.error()).c_str()),
              false});
        return false;
      case Pipeline::Received::Kind::reply:
        if (!deliver(received)) {
          return false;
        }
    }
  }
}

bool RedisLink::deliver(const Pipeline::Received& received) noexcept {
  const RedisReply& reply = *received.reply;
  if (greetings_answered_ < greetings_sent_) {
    return on_greeting_reply(reply);
  }
  silences_ = 0;
  if (received.handler == nullptr) {
    return true;
  }
  // Before the handler is called, after which the reply is gone.
  const std::optional<RedisLoss> loss = owner_.on_reply(reply);
  received.handler->on_reply(reply);
  if (loss) {
    lose(*loss);
    return false;
  }
  return true;
}

void RedisLink::on_lost(ngx_err_t error) noexcept {
  if (!connection_.is_connected()) {
    connect_error_ = error;
    connection_.close();
    if (!open_next_address()) {
      lose({RedisFailure::unavailable, cannot_connect(), false});
    }
    return;
  }

  const bool is_tls_error = *connection_.tls_error() != '\0';
  const RedisReason what = is_tls_error
                               ? RedisReason("TLS: %s", Printable(connection_.tls_error()).c_str())
                           : error == 0 ? RedisReason("it closed the connection")
                                        : RedisReason("%s", ErrorText(error).c_str());
  if (ready_ && is_due(ready_at_ + working_after)) {
    lose({RedisFailure::unavailable, what, true});
  } else {
    lose({RedisFailure::unavailable,
          RedisReason("the connection broke soon after it was made: %s", what.c_str()), false});
  }
}

void RedisLink::on_exiting(bool now) noexcept {
  if (now) {
    drop(RedisFailure::unavailable);
  } else {
    keep_unless_exiting();
  }
}

// --- The end of a connection ---

void RedisLink::lose(const RedisLoss& loss) noexcept {
  counters_.add(Counter::redis_connection_lost);
  if (connection_.is_connected() && !ready_) {
    first_address_ = (first_address_ + tried_) % options_.addresses.size();
  } else if (loss.is_demoted) {
    skip_address();
  }
  disconnect();
  owner_.on_loss(*this, loss);
  fail_all(loss.failure);
}

// Handlers may send again meanwhile, but not to this link, which has just failed.
void RedisLink::fail_all(RedisFailure why) noexcept {
  failing_ = true;
  pipeline_.fail_all(why);
  failing_ = false;
}

void RedisLink::disconnect() noexcept {
  connection_.close();
  connect_timer_.stop();
  reply_timer_.stop();
  ready_ = false;
  greetings_sent_ = 0;
  greetings_answered_ = 0;
  greeting_unsent_ = 0;
}

// Called when there is nothing to do for now. Returns false if the connection was closed, since the
// worker shuts down.
bool RedisLink::keep_unless_exiting() noexcept {
  if (!ngx_exiting || !ready_ || pipeline_.waiting() > 0) {
    return true;
  }
  disconnect();
  pipeline_.drop_all();
  return false;
}

RedisReason RedisLink::cannot_connect() const noexcept {
  if (*connection_.tls_error() != '\0') {
    return RedisReason(
        "cannot connect to %V with TLS (%s); check ca=, cert= and server_name= of "
        "personalize_redis, and that it listens with TLS there",
        &address().name, Printable(connection_.tls_error()).c_str());
  }
  const char* advice = "check that it runs, and the address in personalize_redis";
  if (connect_error_ == NGX_EACCES) {
    advice =
        "the user of NGINX's workers must be allowed to use the socket (unixsocketperm of Redis)";
  } else if (connect_error_ == NGX_ENFILE || connect_error_ == NGX_EMFILE) {
    advice = "raise worker_connections and worker_rlimit_nofile";
  } else if (connect_error_ == NGX_ETIMEDOUT) {
    advice = "check the network, or raise connect_timeout= of personalize_redis";
  }
  return RedisReason("cannot connect to %V (%d: %s); %s", &address().name,
                     static_cast<int>(connect_error_), ErrorText(connect_error_).c_str(), advice);
}

// --- Timers ---

void RedisLink::on_connect_timer() noexcept {
  if (!connection_.is_connected()) {
    on_lost(NGX_ETIMEDOUT);
    return;
  }
  lose({RedisFailure::unavailable,
        RedisReason("it accepts connections and does not answer within %M ms (connect_timeout= of "
                    "personalize_redis)",
                    options_.connect_timeout),
        false});
}

void RedisLink::on_reply_timer() noexcept {
  const std::uint32_t expired = pipeline_.expire(ngx_current_msec);
  counters_.add(Counter::redis_timeout, expired);
  if (expired > 0 && ready_ && is_given_up_for_silence()) {
    return;
  }
  if (const auto deadline = pipeline_.next_deadline()) {
    const auto left = static_cast<ngx_msec_int_t>(*deadline - ngx_current_msec);
    reply_timer_.start(static_cast<ngx_msec_t>(std::max<ngx_msec_int_t>(left, 1)));
  }
  keep_unless_exiting();
}

bool RedisLink::is_given_up_for_silence() noexcept {
  // Commands that time out together have waited for the same thing.
  if (is_due(silent_at_ + options_.timeout)) {
    silent_at_ = ngx_current_msec;
    ++silences_;
  }
  const bool concerns_server = owner_.on_silence();
  if (!concerns_server && silences_ < most_silences) {
    return false;
  }
  lose({RedisFailure::timeout,
        RedisReason("it does not answer within %M ms (timeout= of personalize_redis), several "
                    "times in a row",
                    options_.timeout),
        false, concerns_server});
  return true;
}

}  // namespace personalize
