#include "nginx/redis_client/servers/cluster.h"

#include <algorithm>
#include <new>
#include <utility>

#include "nginx/redis_client/connection/text.h"
#include "personalize/redis/command.h"
#include "personalize/redis/reply.h"

namespace personalize {

namespace {

// Time between two queries of the map while a node is down: its replacement is expected soon.
constexpr ngx_msec_t degraded_interval = 300;
constexpr ngx_msec_t normal_interval = 5000;

// MOVED because of an old map, then ASK for a slot that is moving, and one more change in between.
constexpr std::uint32_t most_redirections = 3;

// Before a command is sent again to a node that could not answer; doubles each time.
constexpr ngx_msec_t first_retry_delay = 4;

constexpr ngx_msec_t log_interval = 10000;

}  // namespace

// A command, kept with its words until it is answered, since it may have to go to another node.
class RedisCluster::Command final : public RedisCommandHandler {
 public:
  Command(RedisCluster& cluster, const std::string_view* words, std::size_t count,
          RedisCommandHandler& handler)
      : handler(&handler), copy(words, count, cluster.memory_), cluster_(cluster) {}

  void on_reply(const RedisReply& reply) noexcept override { cluster_.on_reply(*this, reply); }
  void on_failure(RedisFailure why) noexcept override { cluster_.on_failure(*this, why); }

  RedisCommandHandler* handler;  // nullptr: cancelled
  CommandCopy copy;

  std::uint16_t slot = 0;
  bool may_read_replica = false;
  ngx_msec_t deadline = 0;  // it is not sent again after this
  std::uint32_t redirections = 0;
  RedisNode* node = nullptr;  // to which it was sent last

  std::uint32_t retries = 0;
  ngx_msec_t retry_at = 0;
  const RedisNode* avoided = nullptr;  // which could not answer; may be deleted by now

  Command* next = nullptr;
  Command** link = nullptr;  // what points to this one

 private:
  RedisCluster& cluster_;
};

class RedisCluster::MapQuery final : public RedisCommandHandler {
 public:
  explicit MapQuery(RedisCluster& cluster) noexcept : cluster_(cluster) {}
  void on_reply(const RedisReply& reply) noexcept override { cluster_.on_map_reply(reply); }
  void on_failure(RedisFailure) noexcept override { cluster_.on_map_failure(); }

 private:
  RedisCluster& cluster_;
};

RedisCluster::RedisCluster(RedisOptions options, Counters& counters, ngx_log_t* log)
    : options_(std::move(options)),
      counters_(counters),
      log_(log),
      backlog_(*this, counters, log),
      nodes_(options_, counters, this, log),
      query_(std::make_unique<MapQuery>(*this)),
      topology_query_(*this, log) {
  retry_timer_.bind<&RedisCluster::on_retry_timer>(*this, log);
  options_.hosts->set_listener(this);
  topology_query_.begin();
}

RedisCluster::~RedisCluster() {
  options_.hosts->set_listener(nullptr);
}

// --- Commands ---

bool RedisCluster::send(const std::string_view* words, std::size_t count,
                        RedisCommandHandler& handler) noexcept {
  if (!map_) {
    return wait_for_map(words, count, handler);
  }
  try {
    Command* command = make_command(words, count, handler);
    if (dispatch(*command)) {
      return true;
    }
    release(*command);
  } catch (const std::bad_alloc&) {
    counters_.add(Counter::breaker_refused);
  }
  return false;
}

bool RedisCluster::wait_for_map(const std::string_view* words, std::size_t count,
                                RedisCommandHandler& handler) noexcept {
  const ngx_msec_t patience = std::max(options_.connect_timeout, options_.timeout);
  if (topology_query_.is_promising() && backlog_.add(words, count, handler, patience)) {
    return true;
  }
  counters_.add(Counter::breaker_refused);
  reconsider();
  return false;
}

void RedisCluster::cancel(const RedisCommandHandler& handler) noexcept {
  backlog_.cancel(handler);
  for (Command* list : {commands_, retries_}) {
    for (Command* command = list; command != nullptr; command = command->next) {
      if (command->handler == &handler) {
        command->handler = nullptr;
      }
    }
  }
}

RedisCluster::Command* RedisCluster::make_command(const std::string_view* words, std::size_t count,
                                                  RedisCommandHandler& handler) {
  std::pmr::polymorphic_allocator<Command> memory(&memory_);
  Command* command = memory.allocate(1);
  try {
    memory.construct(command, *this, words, count, handler);
  } catch (const std::bad_alloc&) {
    memory.deallocate(command, 1);
    throw;
  }
  command->slot = hash_slot_of(routing_key(words, count));
  command->may_read_replica = options_.read_replica && count > 0 && is_read(words[0]);
  command->deadline = ngx_current_msec + options_.timeout;

  link(*command, commands_);
  return command;
}

void RedisCluster::link(Command& command, Command*& list) noexcept {
  command.next = list;
  command.link = &list;
  if (list != nullptr) {
    list->link = &command.next;
  }
  list = &command;
}

void RedisCluster::unlink(Command& command) noexcept {
  *command.link = command.next;
  if (command.next != nullptr) {
    command.next->link = command.link;
  }
}

void RedisCluster::release(Command& command) noexcept {
  unlink(command);
  command.~Command();
  std::pmr::polymorphic_allocator<Command>(&memory_).deallocate(&command, 1);
}

bool RedisCluster::dispatch(Command& command) noexcept {
  if (const auto shard = map_->shard(command.slot); shard != ClusterMap::no_shard) {
    if (send_to_shard(command, shards_[shard])) {
      return true;
    }
  } else {
    counters_.add(Counter::breaker_refused);
  }
  reconsider();
  return false;
}

bool RedisCluster::send_to_shard(Command& command, const Shard& shard) noexcept {
  if (command.may_read_replica) {
    for (std::size_t i = 0; i < shard.replicas.size(); ++i) {
      RedisNode* replica = shard.replicas[next_replica_++ % shard.replicas.size()];
      if (replica != nullptr && replica->server().state() != RedisState::down &&
          send_to(*replica, command, false)) {
        return true;
      }
    }
  }
  return shard.master != nullptr && send_to(*shard.master, command, false);
}

bool RedisCluster::send_to(RedisNode& node, Command& command, bool asking) noexcept {
  command.node = &node;
  return node.server().send(command.copy.words(), command.copy.count(), command, asking);
}

void RedisCluster::on_reply(Command& command, const RedisReply& reply) noexcept {
  const std::string_view error = reply.error_code();
  const bool is_down = error == "CLUSTERDOWN";
  if (const auto redirection = read_redirection(reply)) {
    if (redirect(command, *redirection)) {
      return;
    }
  } else if (is_unable(error)) {
    reconsider();
    if (retry_at_master(command) || (is_down && retry_later(command, true))) {
      return;
    }
  } else if (error == "TRYAGAIN") {
    if (retry_later(command, false)) {
      return;
    }
  } else {
    command.node->refuses_since.reset();
    // A replica lags behind, or its master has given the key away before the rest of the slot.
    if (is_nothing(reply) && retry_at_master(command)) {
      return;
    }
  }
  RedisCommandHandler* handler = command.handler;
  release(command);
  if (handler != nullptr) {
    handler->on_reply(reply);
  }
}

void RedisCluster::on_failure(Command& command, RedisFailure why) noexcept {
  if (why != RedisFailure::timeout && retry_at_master(command)) {
    return;
  }
  RedisCommandHandler* handler = command.handler;
  release(command);
  if (handler != nullptr) {
    handler->on_failure(why);
  }
}

bool RedisCluster::redirect(Command& command, const Redirection& redirection) noexcept {
  counters_.add(Counter::redis_redirected);
  const bool has_moved = redirection.kind == Redirection::Kind::moved;
  if (has_moved) {
    reconsider();
  }
  if (command.handler == nullptr || command.redirections == most_redirections ||
      is_due(command.deadline)) {
    return false;
  }
  ++command.redirections;
  command.may_read_replica = false;  // a redirection names a master
  RedisNode* node = target(command, redirection);
  return node != nullptr && send_to(*node, command, !has_moved);
}

// Returns the node that a redirection names; nullptr if it is unusable.
RedisNode* RedisCluster::target(const Command& command, const Redirection& redirection) noexcept {
  const std::string_view host =
      redirection.host.empty() ? command.node->address().host : redirection.host;
  if (map_) {
    const auto& addresses = map_->nodes();
    const auto found = std::find_if(addresses.begin(), addresses.end(), [&](const auto& address) {
      return address.is(host, redirection.port);
    });
    if (found != addresses.end()) {
      if (redirection.kind == Redirection::Kind::moved) {
        map_->move(redirection.slot, static_cast<std::uint16_t>(found - addresses.begin()));
      }
      return nodes_.at(*found);
    }
  }
  try {
    return nodes_.at(NodeAddress{std::string(host), redirection.port, {}});
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

// Asks the master what a replica was asked in vain.
bool RedisCluster::retry_at_master(Command& command) noexcept {
  if (!command.may_read_replica || command.handler == nullptr || !map_ ||
      is_due(command.deadline)) {
    return false;
  }
  const auto shard = map_->shard(command.slot);
  RedisNode* master = shard != ClusterMap::no_shard ? shards_[shard].master : nullptr;
  if (master == nullptr || master == command.node) {
    return false;
  }
  command.may_read_replica = false;
  return send_to(*master, command, false);
}

// Sends a command again later that a node cannot answer now, but that it or another one may answer
// soon. Does not if the node has been unable for some time.
bool RedisCluster::retry_later(Command& command, bool elsewhere) noexcept {
  RedisNode& node = *command.node;
  if (!node.refuses_since) {
    node.refuses_since = ngx_current_msec;
  }
  const ngx_msec_t delay = first_retry_delay << command.retries;
  if (command.handler == nullptr || is_due(*node.refuses_since + options_.timeout) ||
      is_due(command.deadline - delay)) {
    return false;
  }
  ++command.retries;
  command.retry_at = ngx_current_msec + delay;
  command.avoided = elsewhere ? &node : nullptr;
  command.redirections = 0;
  unlink(command);
  link(command, retries_);
  retry_timer_.start_earlier(delay);
  return true;
}

// Starts over after each, since a handler that is called may cancel others.
void RedisCluster::on_retry_timer() noexcept {
  const auto first_due = [this]() noexcept {
    Command* command = retries_;
    while (command != nullptr && !is_due(command->retry_at)) {
      command = command->next;
    }
    return command;
  };
  while (Command* command = first_due()) {
    unlink(*command);
    link(*command, commands_);
    RedisCommandHandler* handler = command->handler;
    if (handler != nullptr && retry(*command)) {
      continue;
    }
    release(*command);
    if (handler != nullptr) {
      handler->on_failure(RedisFailure::unavailable);
    }
  }
  for (const Command* command = retries_; command != nullptr; command = command->next) {
    retry_timer_.start_earlier(command->retry_at - ngx_current_msec);
  }
}

bool RedisCluster::retry(Command& command) noexcept {
  if (command.avoided != nullptr) {
    const auto shard = map_->shard(command.slot);
    const bool is_same_again =
        shard == ClusterMap::no_shard || shards_[shard].master == command.avoided;
    if (RedisNode* other = is_same_again ? another_node(command) : nullptr) {
      return send_to(*other, command, false);
    }
  }
  return dispatch(command);
}

// Returns another node, which may know who has the slot now and redirect there; nullptr if none is
// usable.
RedisNode* RedisCluster::another_node(const Command& command) noexcept {
  const auto is_usable = [&](RedisNode* node) {
    return node != nullptr && node != command.avoided && node->server().state() != RedisState::down;
  };
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    RedisNode* master = shards_[next_other_++ % shards_.size()].master;
    if (is_usable(master)) {
      return master;
    }
  }
  const auto shard = map_->shard(command.slot);
  if (shard == ClusterMap::no_shard) {
    return nullptr;
  }
  const auto& replicas = shards_[shard].replicas;
  const auto found = std::find_if(replicas.begin(), replicas.end(), is_usable);
  return found != replicas.end() ? *found : nullptr;
}

// --- The map ---

void RedisCluster::set_topology_listener(RedisTopologyListener& listener) noexcept {
  listener_ = &listener;
}

// Candidates are the nodes of the map, then the seeds.
std::size_t RedisCluster::candidates() const noexcept {
  return (map_ ? map_->nodes().size() : 0) + options_.addresses.size();
}

bool RedisCluster::ask(std::size_t candidate) noexcept {
  nodes_.sweep();
  const std::size_t known = map_ ? map_->nodes().size() : 0;
  RedisNode* node = candidate < known ? nodes_.at(map_->nodes()[candidate])
                                      : nodes_.at_seed(options_.addresses[candidate - known]);
  if (node == nullptr || !node->server().send({"CLUSTER", "SLOTS"}, *query_)) {
    return false;
  }
  asked_ = node;
  return true;
}

void RedisCluster::on_map_reply(const RedisReply& reply) noexcept {
  bool is_adopted = false;
  try {
    is_adopted = adopt(reply);
  } catch (const std::bad_alloc&) {
    // Treated as a node that has no map.
  }
  if (!is_adopted) {
    log_no_map(reply.kind == RedisReply::Kind::error ? Printable(reply.text).c_str()
                                                     : "no map of its slots");
    on_map_failure();
    return;
  }
  asked_ = nullptr;
  announced_ = false;
  topology_query_.answered(is_whole() ? normal_interval : degraded_interval);
  backlog_.send_all();
  // Retries what could not be answered: the map may have an owner for its slot now.
  for (Command* command = retries_; command != nullptr; command = command->next) {
    command->retry_at = ngx_current_msec;
  }
  on_retry_timer();
}

void RedisCluster::on_map_failure() noexcept {
  asked_ = nullptr;
  topology_query_.failed();
}

bool RedisCluster::adopt(const RedisReply& reply) {
  const NodeAddress& asked = asked_->address();
  auto map = ClusterMap::read(reply, asked.port == 0 ? "127.0.0.1" : asked.host);
  if (!map) {
    return false;
  }
  std::vector<RedisNode*> by_index;
  for (const NodeAddress& address : map->nodes()) {
    RedisNode* node = nodes_.at(address);
    if (node != nullptr && node->role == RedisRole::unknown) {
      node->role = RedisRole::replica;  // so that it is kept until set_roles()
    }
    by_index.push_back(node);
  }
  std::vector<Shard> shards;
  std::vector<RedisNode*> masters;
  std::vector<RedisNode*> replicas;
  const auto add = [](std::vector<RedisNode*>& list, RedisNode* node) {
    if (node != nullptr) {
      list.push_back(node);
    }
  };
  for (const ClusterMap::Shard& one : map->shards()) {
    Shard& shard = shards.emplace_back();
    shard.master = by_index[one.master];
    add(masters, shard.master);
    for (const std::uint16_t replica : one.replicas) {
      add(shard.replicas, by_index[replica]);
    }
    replicas.insert(replicas.end(), shard.replicas.begin(), shard.replicas.end());
  }
  std::vector<RedisNode*> read_from = masters;
  if (options_.read_replica) {
    read_from.insert(read_from.end(), replicas.begin(), replicas.end());
  }
  // Nothing throws from here on.
  nodes_.set_roles(masters, replicas);
  if (!map_ || !map_->has_masters_of(*map)) {
    counters_.add(Counter::redis_topology_changed);
  }
  map_ = std::move(map);
  shards_ = std::move(shards);
  if (listener_ != nullptr) {
    listener_->on_servers(read_from);
  }
  return true;
}

// Returns whether every shard has a master that is not known to be down.
bool RedisCluster::is_whole() const noexcept {
  return std::all_of(shards_.begin(), shards_.end(), [](const Shard& shard) {
    return shard.master != nullptr && shard.master->server().state() != RedisState::down;
  });
}

// Logs it once, until there is a map.
void RedisCluster::log_no_map(const char* what) noexcept {
  if (announced_ || !is_due(next_log_)) {
    return;
  }
  announced_ = true;
  next_log_ = ngx_current_msec + log_interval;
  ngx_log_error(NGX_LOG_ERR, log_, 0,
                "personalize: redis cluster %s: %s answered CLUSTER SLOTS with \"%s\"; %s",
                options_.name.c_str(), asked_->server().name().c_str(), what,
                remedy_or(what, "check mode= and the addresses of personalize_redis"));
}

}  // namespace personalize
