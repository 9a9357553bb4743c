#include "nginx/redis_server.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "nginx/redis_text.h"

namespace personalize {

namespace {

// Of one kind of message, at most one in this time.
constexpr ngx_msec_t log_interval = 10000;

// A connection that has worked for so long and is then lost is made again at the next command,
// without going down: Redis was restarted, or closes clients that are idle.
constexpr ngx_msec_t trusted_after = 1000;

Pipeline::Limits pipeline_limits(const RedisOptions& options) {
  Pipeline::Limits limits;
  limits.in_flight = options.max_in_flight;
  limits.reply.content = options.max_reply;
  return limits;
}

// Whether a time has come; right also where the clock has wrapped around.
bool is_due(ngx_msec_t time) noexcept {
  return static_cast<ngx_msec_int_t>(ngx_current_msec - time) >= 0;
}

void stop(ngx_event_t& timer) noexcept {
  if (timer.timer_set) {
    ngx_del_timer(&timer);
  }
}

void start(ngx_event_t& timer, ngx_msec_t delay) noexcept {
  stop(timer);
  ngx_add_timer(&timer, delay);
}

// The server says no to everything, not only to this command.
bool concerns_the_server(std::string_view code) noexcept {
  return code == "NOAUTH" || code == "LOADING" || code == "MASTERDOWN";
}

// What to do about an error; `otherwise` where it does not say.
const char* remedy_or(std::string_view error, const char* otherwise) noexcept {
  struct Known {
    std::string_view beginning;
    const char* remedy;
  };
  static constexpr Known known[] = {
      {"NOAUTH", "give personalize_redis a password_file= and, for an ACL user, user="},
      {"WRONGPASS", "check user= and password_file= of personalize_redis"},
      {"NOPERM", "allow the user= of personalize_redis this command and its keys (Redis ACL)"},
      {"DENIED", "it is in protected mode: give it a password, and personalize_redis too"},
      {"ERR max number of clients", "raise maxclients in its configuration"},
      {"LOADING", "it reads its data and answers when it has"},
      {"MASTERDOWN", "it is a replica without a master: see its replica-serve-stale-data"},
      {"MISCONF", "it cannot save its data and refuses writes: see its own log"},
      {"OOM", "it is full and refuses writes: see its maxmemory"},
  };
  for (const Known& one : known) {
    if (error.substr(0, one.beginning.size()) == one.beginning) {
      return one.remedy;
    }
  }
  return otherwise;
}

}  // namespace

// Formats as ngx_snprintf() does.
template <class... Arguments>
RedisServer::Reason RedisServer::reason(const char* format, Arguments... arguments) noexcept {
  Reason reason;
  ngx_snprintf(reinterpret_cast<u_char*>(reason.text.data()), reason.text.size() - 1, format,
               arguments...);
  return reason;
}

std::string_view to_string(RedisState state) noexcept {
  switch (state) {
    case RedisState::idle:
      return "idle";
    case RedisState::connecting:
      return "connecting";
    case RedisState::connected:
      return "connected";
    case RedisState::down:
      return "down";
  }
  return "";
}

RedisServer::RedisServer(RedisOptions options, ngx_log_t* log)
    : options_(std::move(options)),
      log_(log),
      pipeline_(pipeline_limits(options_)),
      breaker_(CircuitBreaker::Limits{}),
      connection_(*this, log) {
  timer_owner_.data = this;
  timer_owner_.fd = static_cast<ngx_socket_t>(-1);
  prepare_timer<&RedisServer::on_connect_timer>(connect_timer_);
  prepare_timer<&RedisServer::on_reply_timer>(reply_timer_);
  prepare_timer<&RedisServer::on_retry_timer>(retry_timer_);
}

RedisServer::~RedisServer() {
  disconnect();
  stop(retry_timer_);
}

// --- What the worker asks for ---

bool RedisServer::send(const std::string_view* words, std::size_t count,
                       RedisCommandHandler& handler) noexcept {
  const bool usable = !losing_ && breaker_.state() == CircuitBreaker::State::closed &&
                      (connection_.is_open() || connect());
  if (!usable || !pipeline_.add(words, count, &handler, ngx_current_msec + options_.timeout)) {
    ++counts_.refused;
    return false;
  }
  ++counts_.commands;
  // Set to the earliest deadline already where it runs.
  if (!reply_timer_.timer_set) {
    ngx_add_timer(&reply_timer_, options_.timeout);
  }
  connection_.write_soon();
  return true;
}

void RedisServer::cancel(const RedisCommandHandler& handler) noexcept {
  pipeline_.cancel(handler);
}

RedisState RedisServer::state() const noexcept {
  if (breaker_.state() != CircuitBreaker::State::closed) {
    return RedisState::down;
  }
  if (!connection_.is_open()) {
    return RedisState::idle;
  }
  return ready_ ? RedisState::connected : RedisState::connecting;
}

// --- Connecting ---

bool RedisServer::connect() noexcept {
  tried_ = 0;
  if (!open_next_address()) {
    ++counts_.losses;
    go_down(cannot_connect());
    return false;
  }
  if (!greet()) {
    disconnect();
    pipeline_.drop_all();
    go_down(reason("out of memory"));
    return false;
  }
  return true;
}

bool RedisServer::open_next_address() noexcept {
  while (tried_ < options_.addresses.size()) {
    ++tried_;
    connect_error_ = connection_.open(address());
    if (connect_error_ == 0) {
      start(connect_timer_, options_.connect_timeout);
      return true;
    }
  }
  return false;
}

const ngx_addr_t& RedisServer::address() const noexcept {
  return options_.addresses[(first_address_ + tried_ - 1) % options_.addresses.size()];
}

// Says who we are and which data we mean; commands wait for the answers, so that none runs as
// another user or on other data. The PING makes a server that accepts and is silent known.
bool RedisServer::greet() noexcept {
  const auto say = [this](Greeting greeting, std::initializer_list<std::string_view> words) {
    greetings_[greetings_sent_++] = greeting;
    return pipeline_.add(words.begin(), words.size(), nullptr, 0);
  };
  bool said = true;
  if (!options_.password.empty()) {
    said = options_.user.empty() ? say(Greeting::auth, {"AUTH", options_.password})
                                 : say(Greeting::auth, {"AUTH", options_.user, options_.password});
  }
  if (options_.db != 0) {
    std::array<char, 16> digits{};
    ngx_snprintf(reinterpret_cast<u_char*>(digits.data()), digits.size() - 1, "%d", options_.db);
    said = said && say(Greeting::select, {"SELECT", digits.data()});
  }
  said = said && say(Greeting::ping, {"PING"});
  greeting_unsent_ = pipeline_.unsent().size();
  return said;
}

bool RedisServer::on_greeting_reply(const RedisReply& reply) noexcept {
  const Greeting greeting = greetings_[greetings_answered_++];
  // A user that may not PING may still be allowed all that is needed.
  const bool excused = greeting == Greeting::ping && reply.error_code() == "NOPERM";
  if (reply.kind == RedisReply::Kind::error && !excused) {
    const char* command = "PING";
    const char* advice = "check the address in personalize_redis";
    if (greeting == Greeting::auth) {
      command = "AUTH";
      advice = "check user= and password_file= of personalize_redis";
    } else if (greeting == Greeting::select) {
      command = "SELECT";
      advice = "check db= of personalize_redis";
    }
    lose(RedisFailure::unavailable,
         reason("it says \"%s\" to %s; %s", Printable(reply.text).c_str(), command,
                remedy_or(reply.text, advice)));
    return false;
  }
  if (greetings_answered_ == greetings_sent_) {
    on_ready();
  }
  return true;
}

void RedisServer::on_ready() noexcept {
  stop(connect_timer_);
  ready_ = true;
  ready_at_ = ngx_current_msec;
  first_address_ = (first_address_ + tried_ - 1) % options_.addresses.size();
  tried_ = 1;
  ++counts_.connections;
  if (breaker_.state() == CircuitBreaker::State::half_open) {
    breaker_.probe_succeeded();
  }
  if (!announced_.empty()) {
    announced_ = Reason{};
    ngx_log_error(NGX_LOG_NOTICE, log_, 0, "personalize: redis server %s: connected again",
                  options_.name.c_str());
  }
  connection_.write_soon();
}

// --- What the connection tells ---

std::string_view RedisServer::unsent() noexcept {
  const std::string_view bytes = pipeline_.unsent();
  return ready_ ? bytes : bytes.substr(0, greeting_unsent_);
}

void RedisServer::on_sent(std::size_t size) noexcept {
  pipeline_.sent(size);
  if (!ready_) {
    greeting_unsent_ -= size;
  }
}

bool RedisServer::on_bytes(std::string_view bytes) noexcept {
  for (;;) {
    const Pipeline::Received received = pipeline_.receive(bytes);
    switch (received.kind) {
      case Pipeline::Received::Kind::more:
        return rest();
      case Pipeline::Received::Kind::broken:
        lose(RedisFailure::protocol,
             reason("it does not keep to Redis's protocol (%s); check the address in "
                    "personalize_redis",
                    Printable(pipeline_.error()).c_str()));
        return false;
      case Pipeline::Received::Kind::reply:
        if (!deliver(received)) {
          return false;
        }
    }
  }
}

// False where the connection is given up for what the reply says.
bool RedisServer::deliver(const Pipeline::Received& received) noexcept {
  const RedisReply& reply = *received.reply;
  if (greetings_answered_ < greetings_sent_) {
    return on_greeting_reply(reply);
  }
  if (received.handler == nullptr) {
    ++counts_.late;
    return true;
  }

  ++counts_.replies;
  if (reply.kind == RedisReply::Kind::error) {
    ++counts_.errors;
    log_error_reply(reply);
  }
  if (!concerns_the_server(reply.error_code())) {
    breaker_.succeeded();
  } else if (breaker_.failed()) {
    // The reply is gone once its handler returns.
    const Reason why = reason("it says \"%s\" to every command; %s", Printable(reply.text).c_str(),
                              remedy_or(reply.text, ""));
    received.handler->on_reply(reply);
    lose(RedisFailure::unavailable, why);
    return false;
  }
  received.handler->on_reply(reply);
  return true;
}

void RedisServer::on_lost(ngx_err_t error) noexcept {
  if (!connection_.is_connected()) {
    connect_error_ = error;
    connection_.close();
    if (!open_next_address()) {
      lose(RedisFailure::unavailable, cannot_connect());
    }
    return;
  }

  const Reason what =
      error == 0 ? reason("it closed the connection") : reason("%s", ErrorText(error).c_str());
  const bool trusted = ready_ && is_due(ready_at_ + trusted_after);
  if (!trusted) {
    lose(RedisFailure::unavailable,
         reason("the connection broke soon after it was made: %s", what.text.data()));
    return;
  }
  log_loss(what);
  ++counts_.losses;
  disconnect();
  fail_all(RedisFailure::unavailable);
}

void RedisServer::on_exiting(bool now) noexcept {
  if (now) {
    disconnect();
    fail_all(RedisFailure::unavailable);
  } else {
    rest();
  }
}

// --- Losing and finding the server ---

void RedisServer::lose(RedisFailure why, const Reason& reason) noexcept {
  ++counts_.losses;
  if (connection_.is_connected() && !ready_) {
    first_address_ = (first_address_ + tried_) % options_.addresses.size();
  }
  disconnect();
  go_down(reason);
  fail_all(why);
}

void RedisServer::go_down(const Reason& reason) noexcept {
  if (breaker_.state() == CircuitBreaker::State::closed) {
    ++counts_.downs;
  }
  breaker_.trip();
  start(retry_timer_, breaker_.delay_ms(static_cast<std::uint32_t>(ngx_random())));
  announce_down(reason);
}

void RedisServer::disconnect() noexcept {
  connection_.close();
  stop(connect_timer_);
  stop(reply_timer_);
  ready_ = false;
  greetings_sent_ = 0;
  greetings_answered_ = 0;
  greeting_unsent_ = 0;
}

// What the handlers send meanwhile is refused: they would ask what has just failed.
void RedisServer::fail_all(RedisFailure why) noexcept {
  losing_ = true;
  pipeline_.fail_all(why);
  losing_ = false;
}

// Nothing more to do for now. False where the connection is closed for it, because the worker is
// shutting down.
bool RedisServer::rest() noexcept {
  const bool waited_for = pipeline_.waiting() > 0;
  if (!ngx_exiting || waited_for || breaker_.state() != CircuitBreaker::State::closed) {
    return true;
  }
  disconnect();
  pipeline_.drop_all();
  return false;
}

// --- Timers ---

template <void (RedisServer::*handler)()>
void RedisServer::prepare_timer(ngx_event_t& timer) noexcept {
  timer.data = &timer_owner_;
  timer.log = log_;
  // A worker that shuts down does not wait for it: a request that does has timers of its own.
  timer.cancelable = 1;
  timer.handler = [](ngx_event_t* event) {
    auto* owner = static_cast<ngx_connection_t*>(event->data);
    (static_cast<RedisServer*>(owner->data)->*handler)();
  };
}

void RedisServer::on_connect_timer() noexcept {
  if (!connection_.is_connected()) {
    on_lost(NGX_ETIMEDOUT);
    return;
  }
  lose(RedisFailure::unavailable,
       reason("it accepts connections and does not answer within %M ms (connect_timeout= of "
              "personalize_redis)",
              options_.connect_timeout));
}

void RedisServer::on_reply_timer() noexcept {
  const std::uint32_t expired = pipeline_.expire(ngx_current_msec);
  counts_.timeouts += expired;
  // Those that time out together were kept waiting by the same thing.
  if (expired > 0 && ready_ && is_due(failed_at_ + options_.timeout)) {
    failed_at_ = ngx_current_msec;
    if (breaker_.failed()) {
      lose(RedisFailure::timeout,
           reason("it does not answer within %M ms (timeout= of personalize_redis), several times "
                  "in a row",
                  options_.timeout));
      return;
    }
  }
  if (const auto deadline = pipeline_.next_deadline()) {
    const auto left = static_cast<ngx_msec_int_t>(*deadline - ngx_current_msec);
    start(reply_timer_, static_cast<ngx_msec_t>(std::max<ngx_msec_int_t>(left, 1)));
  }
  rest();
}

void RedisServer::on_retry_timer() noexcept {
  breaker_.probing();
  connect();
}

// --- The log ---

RedisServer::Reason RedisServer::cannot_connect() const noexcept {
  const char* advice = "check that it runs, and the address in personalize_redis";
  if (connect_error_ == NGX_EACCES) {
    advice =
        "the user of NGINX's workers must be allowed to use the socket (unixsocketperm of Redis)";
  } else if (connect_error_ == NGX_ENFILE || connect_error_ == NGX_EMFILE) {
    advice = "raise worker_connections and worker_rlimit_nofile";
  } else if (connect_error_ == NGX_ETIMEDOUT) {
    advice = "check the network, or raise connect_timeout= of personalize_redis";
  }
  return reason("cannot connect to %V (%d: %s); %s", &address().name,
                static_cast<int>(connect_error_), ErrorText(connect_error_).c_str(), advice);
}

// Nobody misses a connection on which nothing was under way.
void RedisServer::log_loss(const Reason& reason) noexcept {
  const bool missed = pipeline_.waiting() > 0;
  if (missed) {
    if (!is_due(next_error_log_)) {
      return;
    }
    next_error_log_ = ngx_current_msec + log_interval;
  }
  const ngx_uint_t level = missed ? NGX_LOG_ERR : NGX_LOG_INFO;
  ngx_log_error(level, log_, 0,
                "personalize: redis server %s: connection lost (%s), commands in flight: %uD",
                options_.name.c_str(), reason.text.data(), pipeline_.waiting());
}

void RedisServer::log_error_reply(const RedisReply& reply) noexcept {
  // Of one key, and told by the look-up of it.
  if (reply.error_code() == "WRONGTYPE" || !is_due(next_error_log_)) {
    return;
  }
  next_error_log_ = ngx_current_msec + log_interval;
  ngx_log_error(NGX_LOG_ERR, log_, 0, "personalize: redis server %s says \"%s\"; %s",
                options_.name.c_str(), Printable(reply.text).c_str(),
                remedy_or(reply.text, "see personalize_redis and personalize_source"));
}

// Once, and again where the reason has changed.
void RedisServer::announce_down(const Reason& reason) noexcept {
  if (announced_.text == reason.text || !is_due(next_down_log_)) {
    return;
  }
  next_down_log_ = ngx_current_msec + log_interval;
  announced_ = reason;
  ngx_log_error(NGX_LOG_ERR, log_, 0,
                "personalize: redis server %s is down, pages show what needs no data: %s",
                options_.name.c_str(), reason.text.data());
}

}  // namespace personalize
