#include "nginx/redis_client/servers/sentinel.h"

#include <algorithm>
#include <new>
#include <utility>

#include "nginx/redis_client/connection/text.h"
#include "personalize/redis/command.h"
#include "personalize/redis/reply.h"
#include "personalize/redis/sentinel.h"

namespace personalize {

namespace {

// Time between two queries: a failover that closes no connection is noticed after this.
constexpr ngx_msec_t normal_interval = 1000;

// Time between two queries while the master is down: a new one is expected soon.
constexpr ngx_msec_t degraded_interval = 200;

constexpr ngx_msec_t log_interval = 10000;

RedisOptions of_sentinels(RedisOptions options) {
  options.user = options.sentinel_user;
  options.password = options.sentinel_password;
  options.db = 0;
  options.connections = 1;
  return options;
}

RedisOptions of_masters(RedisOptions options) {
  options.must_be_master = true;
  return options;
}

}  // namespace

class RedisSentinel::Query final : public RedisCommandHandler {
 public:
  using Answer = void (RedisSentinel::*)(const RedisReply*) noexcept;

  Query(RedisSentinel& owner, Answer answer) noexcept : owner_(owner), answer_(answer) {}
  void on_reply(const RedisReply& reply) noexcept override { (owner_.*answer_)(&reply); }
  void on_failure(RedisFailure) noexcept override { (owner_.*answer_)(nullptr); }

 private:
  RedisSentinel& owner_;
  Answer answer_;
};

// A read sent to a replica, kept with its words until it is answered, since the master may have to
// be asked.
class RedisSentinel::ReplicaRead final : public RedisCommandHandler {
 public:
  ReplicaRead(RedisSentinel& owner, const std::string_view* words, std::size_t count,
              RedisCommandHandler& handler)
      : handler(&handler),
        copy(words, count, owner.memory_),
        deadline(ngx_current_msec + owner.replica_options_.timeout),
        owner_(owner) {}
  void on_reply(const RedisReply& reply) noexcept override { owner_.on_reply(*this, reply); }
  void on_failure(RedisFailure why) noexcept override { owner_.on_failure(*this, why); }

  RedisCommandHandler* handler;  // nullptr: cancelled
  CommandCopy copy;
  ngx_msec_t deadline;  // the master is not asked after it
  std::pmr::list<ReplicaRead>::iterator place;

 private:
  RedisSentinel& owner_;
};

RedisSentinel::RedisSentinel(const RedisOptions& options, Counters& counters, ngx_log_t* log)
    : options_(of_sentinels(options)),
      master_options_(of_masters(options)),
      replica_options_(options),
      counters_(counters),
      log_(log),
      sentinels_(options_, counters, nullptr, log),
      masters_(master_options_, counters, this, log),
      replicas_(replica_options_, counters, this, log),
      backlog_(*this, counters, log),
      replica_reads_(&memory_),
      master_query_(std::make_unique<Query>(*this, &RedisSentinel::on_master)),
      replicas_query_(std::make_unique<Query>(*this, &RedisSentinel::on_replicas)),
      topology_query_(*this, log),
      watch_(options_, switch_channel, sentinel_message_limits(), *this, log) {
  options_.hosts->set_listener(this);
  topology_query_.begin();
  watch_.begin();
}

RedisSentinel::~RedisSentinel() {
  options_.hosts->set_listener(nullptr);
}

// --- Commands ---

bool RedisSentinel::send(const std::string_view* words, std::size_t count,
                         RedisCommandHandler& handler) noexcept {
  const bool may_read_replica = !replicas_of_master_.empty() && count > 0 && is_read(words[0]);
  return (may_read_replica && send_to_replica(words, count, handler)) ||
         send_to_master(words, count, handler);
}

bool RedisSentinel::send_to_replica(const std::string_view* words, std::size_t count,
                                    RedisCommandHandler& handler) noexcept {
  try {
    ReplicaRead& read = replica_reads_.emplace_front(*this, words, count, handler);
    read.place = replica_reads_.begin();
  } catch (const std::bad_alloc&) {
    return false;
  }
  for (std::size_t i = 0; i < replicas_of_master_.size(); ++i) {
    RedisNode* replica = replicas_of_master_[next_replica_++ % replicas_of_master_.size()];
    if (replica->server().state() != RedisState::down &&
        replica->server().send(words, count, replica_reads_.front())) {
      return true;
    }
  }
  replica_reads_.pop_front();
  return false;
}

bool RedisSentinel::send_to_master(const std::string_view* words, std::size_t count,
                                   RedisCommandHandler& handler) noexcept {
  if (master_ == nullptr) {
    const ngx_msec_t patience = std::max(options_.connect_timeout, options_.timeout);
    if (topology_query_.is_promising() && backlog_.add(words, count, handler, patience)) {
      return true;
    }
    counters_.add(Counter::breaker_refused);
    return false;
  }
  return master_->server().send(words, count, handler);
}

// Asks the master if the replica cannot answer, or has nothing at the key: it may lag behind.
void RedisSentinel::on_reply(ReplicaRead& read, const RedisReply& reply) noexcept {
  const bool is_asked_again =
      (is_nothing(reply) || is_unable(reply.error_code())) && send_to_master_instead(read);
  RedisCommandHandler* handler = read.handler;
  replica_reads_.erase(read.place);
  if (!is_asked_again && handler != nullptr) {
    handler->on_reply(reply);
  }
}

void RedisSentinel::on_failure(ReplicaRead& read, RedisFailure why) noexcept {
  const bool is_asked_again = why != RedisFailure::timeout && send_to_master_instead(read);
  RedisCommandHandler* handler = read.handler;
  replica_reads_.erase(read.place);
  if (!is_asked_again && handler != nullptr) {
    handler->on_failure(why);
  }
}

bool RedisSentinel::send_to_master_instead(const ReplicaRead& read) noexcept {
  return read.handler != nullptr && !is_due(read.deadline) &&
         send_to_master(read.copy.words(), read.copy.count(), *read.handler);
}

void RedisSentinel::cancel(const RedisCommandHandler& handler) noexcept {
  for (ReplicaRead& read : replica_reads_) {
    if (read.handler == &handler) {
      read.handler = nullptr;
    }
  }
  backlog_.cancel(handler);
  masters_.cancel(handler);
}

void RedisSentinel::add_status(std::pmr::vector<RedisServerStatus>& servers) const {
  masters_.add_status(servers);
  replicas_.add_status(servers);
  sentinels_.add_status(servers);
}

// --- Who is master ---

bool RedisSentinel::ask(std::size_t candidate) noexcept {
  masters_.sweep();
  replicas_.sweep();
  sentinels_.sweep();
  RedisNode* sentinel = sentinels_.at_seed(options_.addresses[candidate]);
  if (sentinel == nullptr ||
      !sentinel->server().send({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", options_.master},
                               *master_query_)) {
    return false;
  }
  sentinel->role = RedisRole::sentinel;
  asked_ = sentinel;
  overtaken_ = false;
  return true;
}

void RedisSentinel::on_master(const RedisReply* reply) noexcept {
  named_ = nullptr;
  if (reply == nullptr) {
    topology_query_.failed();
    return;
  }
  bool is_resolving = false;
  try {
    if (const auto address = read_master(*reply)) {
      named_ = masters_.at(*address);
      is_resolving = named_ == nullptr && masters_.is_resolving(*address);
    } else {
      log_no_master(*reply);
    }
  } catch (const std::bad_alloc&) {
    // Treated as a sentinel that knows none.
  }
  if (is_resolving) {
    done();  // on_resolved() asks again
  } else if (named_ == nullptr) {
    topology_query_.failed();
  } else if (overtaken_) {
    done();
  } else if (options_.read_replica) {
    ask_for_replicas();
  } else {
    follow(named_, {});
    done();
  }
}

void RedisSentinel::ask_for_replicas() noexcept {
  if (!asked_->server().send({"SENTINEL", "REPLICAS", options_.master}, *replicas_query_)) {
    on_replicas(nullptr);
  }
}

// Without an answer the known replicas stay, if they are of the same master.
void RedisSentinel::on_replicas(const RedisReply* reply) noexcept {
  try {
    std::vector<RedisNode*> replicas;
    if (reply != nullptr) {
      for (const NodeAddress& address : read_replicas(*reply)) {
        RedisNode* replica = replicas_.at(address);
        if (replica != nullptr) {
          replica->role = RedisRole::replica;
          replicas.push_back(replica);
        }
      }
    } else if (named_ == master_) {
      replicas = replicas_of_master_;
    }
    if (!overtaken_) {
      follow(named_, std::move(replicas));
    }
  } catch (const std::bad_alloc&) {
    // It will be asked for again.
  }
  done();
}

// The known replicas stay until they are asked for again.
void RedisSentinel::on_message(const RedisReply& payload) noexcept {
  try {
    const auto change = read_master_switch(payload);
    const bool is_ours = change && change->master == options_.master;
    if (RedisNode* master = is_ours ? masters_.at(change->address) : nullptr) {
      overtaken_ = true;
      follow(master, replicas_of_master_);
    }
  } catch (const std::bad_alloc&) {
    // It will be asked for.
  }
}

void RedisSentinel::on_lost(const RedisReason* news) noexcept {
  if (news != nullptr) {
    ngx_log_error(
        NGX_LOG_WARN, log_, 0,
        "personalize: redis master %s: no announcements from sentinels, which are asked for the "
        "master every second: %s",
        options_.master.c_str(), news->c_str());
  }
}

const char* RedisSentinel::remedy(std::string_view error) const noexcept {
  return remedy_or(error, "check sentinel_user= of personalize_redis");
}

void RedisSentinel::follow(RedisNode* master, std::vector<RedisNode*> replicas) {
  std::vector<RedisNode*> read_from = replicas;
  read_from.push_back(master);
  const bool is_new = master != master_;
  masters_.set_roles({master}, {});
  replicas_.set_roles({}, replicas);
  if (is_new && master_ != nullptr) {
    ngx_log_error(NGX_LOG_NOTICE, log_, 0, "personalize: redis master %s is now %s, and was %s",
                  options_.master.c_str(), master->options().name.c_str(),
                  master_->options().name.c_str());
  }
  if (is_new) {
    counters_.add(Counter::redis_topology_changed);
  }
  master_ = master;
  replicas_of_master_ = std::move(replicas);
  if (listener_ != nullptr) {
    listener_->on_servers(read_from);
  }
  backlog_.send_all();
}

void RedisSentinel::done() noexcept {
  const bool is_up = master_ != nullptr && master_->server().state() != RedisState::down;
  topology_query_.answered(is_up ? normal_interval : degraded_interval);
}

void RedisSentinel::log_no_master(const RedisReply& reply) noexcept {
  if (!is_due(next_log_)) {
    return;
  }
  next_log_ = ngx_current_msec + log_interval;
  if (reply.kind == RedisReply::Kind::error) {
    ngx_log_error(NGX_LOG_ERR, log_, 0, "personalize: redis sentinel %s answered \"%s\"; %s",
                  asked_->options().name.c_str(), Printable(reply.text).c_str(),
                  remedy_or(reply.text,
                            "check that the addresses of personalize_redis are "
                            "sentinels"));
  } else {
    ngx_log_error(NGX_LOG_ERR, log_, 0,
                  "personalize: redis sentinel %s has no master %s; check mode=sentinel:NAME of "
                  "personalize_redis",
                  asked_->options().name.c_str(), options_.master.c_str());
  }
}

}  // namespace personalize
