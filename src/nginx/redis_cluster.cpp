#include "nginx/redis_cluster.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "nginx/redis_text.h"
#include "redis/absence.h"
#include "redis/key_slot.h"

namespace personalize {

namespace {

// While a node of the map is down; until it is replaced, the map changes soon.
constexpr ngx_msec_t worried_interval = 300;

// What moves without anybody noticing is known after this.
constexpr ngx_msec_t calm_interval = 5000;

// MOVED by an old map, then ASK by a slot that is on its way, and one more change in between.
constexpr std::uint32_t most_redirections = 3;

constexpr ngx_msec_t log_interval = 10000;

// A replica that cannot answer; its master may.
bool is_of_the_replica(std::string_view code) noexcept {
  return code == "LOADING" || code == "MASTERDOWN" || code == "CLUSTERDOWN";
}

}  // namespace

// One command, kept with its words until it is answered, since it may have to go to another node.
class RedisCluster::Command final : public RedisCommandHandler {
 public:
  Command(RedisCluster& cluster, RedisCommandHandler& handler) noexcept
      : handler(&handler), cluster_(cluster) {}

  void on_reply(const RedisReply& reply) noexcept override { cluster_.on_reply(*this, reply); }
  void on_failure(RedisFailure why) noexcept override { cluster_.on_failure(*this, why); }

  RedisCommandHandler* handler;  // nullptr: nobody waits any more
  const std::string_view* words = nullptr;
  std::size_t count = 0;
  std::size_t size = 0;  // of the memory in which this stands

  std::uint16_t slot = 0;
  bool may_read_replica = false;
  ngx_msec_t deadline = 0;  // of the first sending; nothing is sent again after it
  std::uint32_t redirections = 0;
  RedisNode* node = nullptr;  // to which it was sent last

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
      nodes_(options_, counters, this, log),
      query_(std::make_unique<MapQuery>(*this)),
      inquiry_(*this, log) {
  inquiry_.begin();
}

RedisCluster::~RedisCluster() = default;

// --- Commands ---

bool RedisCluster::send(const std::string_view* words, std::size_t count,
                        RedisCommandHandler& handler) noexcept {
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

void RedisCluster::cancel(const RedisCommandHandler& handler) noexcept {
  for (Command* command = commands_; command != nullptr; command = command->next) {
    if (command->handler == &handler) {
      command->handler = nullptr;
    }
  }
}

// One piece of memory: the command, its words, their bytes.
RedisCluster::Command* RedisCluster::make_command(const std::string_view* words, std::size_t count,
                                                  RedisCommandHandler& handler) {
  std::size_t size = sizeof(Command) + count * sizeof(std::string_view);
  const std::size_t head = size;
  for (std::size_t i = 0; i < count; ++i) {
    size += words[i].size();
  }
  auto* memory = static_cast<char*>(memory_.allocate(size, alignof(Command)));
  auto* command = new (memory) Command(*this, handler);
  auto* views = reinterpret_cast<std::string_view*>(memory + sizeof(Command));
  char* bytes = memory + head;
  for (std::size_t i = 0; i < count; ++i) {
    std::copy(words[i].begin(), words[i].end(), bytes);
    new (views + i) std::string_view(bytes, words[i].size());
    bytes += words[i].size();
  }
  command->words = views;
  command->count = count;
  command->size = size;
  command->slot = key_slot(routing_key(words, count));
  command->may_read_replica = options_.read_replica && count > 0 && is_read(words[0]);
  command->deadline = ngx_current_msec + options_.timeout;

  command->next = commands_;
  command->link = &commands_;
  if (commands_ != nullptr) {
    commands_->link = &command->next;
  }
  commands_ = command;
  return command;
}

void RedisCluster::release(Command& command) noexcept {
  *command.link = command.next;
  if (command.next != nullptr) {
    command.next->link = command.link;
  }
  const std::size_t size = command.size;
  command.~Command();
  memory_.deallocate(&command, size, alignof(Command));
}

bool RedisCluster::dispatch(Command& command) noexcept {
  if (!map_) {
    if (asked_ != nullptr) {
      return send_to(*asked_, command, false);
    }
  } else if (const auto shard = map_->shard(command.slot); shard != ClusterMap::no_shard) {
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
  return node.server().send(command.words, command.count, command, asking);
}

void RedisCluster::on_reply(Command& command, const RedisReply& reply) noexcept {
  if (const auto redirection = read_redirection(reply)) {
    if (redirect(command, *redirection)) {
      return;
    }
  } else if (is_of_the_replica(reply.error_code())) {
    reconsider();
    if (retry_at_master(command)) {
      return;
    }
  } else if (is_nothing(reply) && retry_at_master(command)) {
    // A replica that is behind, or whose master has given the key away before the whole slot, does
    // not know what it does not have.
    return;
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
  command.may_read_replica = false;  // who is meant is a master
  RedisNode* node = target(command, redirection);
  // Where it was sent before, in the map that has come since, nobody knows better.
  return node != nullptr && send_to(*node, command, !has_moved);
}

// Who is meant; nullptr where that is nobody whom we can reach.
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

// For what a replica was asked in vain.
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

// --- The map ---

void RedisCluster::tell_servers_to(RedisServersListener& listener) noexcept {
  listener_ = &listener;
}

// The nodes of the map, and then the seeds.
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
    // As with a node that has no map.
  }
  if (!is_adopted) {
    say_no_map(reply.kind == RedisReply::Kind::error ? Printable(reply.text).c_str()
                                                     : "no map of its slots");
    on_map_failure();
    return;
  }
  asked_ = nullptr;
  announced_ = false;
  inquiry_.answered(is_whole() ? calm_interval : worried_interval);
}

void RedisCluster::on_map_failure() noexcept {
  asked_ = nullptr;
  inquiry_.failed();
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
      node->role = RedisRole::replica;  // of the wanted ones, until it is known which
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

// Whether every slot has a master, and each is up as far as we know.
bool RedisCluster::is_whole() const noexcept {
  return std::all_of(shards_.begin(), shards_.end(), [](const Shard& shard) {
    return shard.master != nullptr && shard.master->server().state() != RedisState::down;
  });
}

// Once, until there is a map.
void RedisCluster::say_no_map(const char* what) noexcept {
  if (announced_ || !is_due(next_log_)) {
    return;
  }
  announced_ = true;
  next_log_ = ngx_current_msec + log_interval;
  ngx_log_error(NGX_LOG_ERR, log_, 0,
                "personalize: redis cluster %s: %s says \"%s\" to CLUSTER SLOTS; %s",
                options_.name.c_str(), asked_->server().name().c_str(), what,
                remedy_or(what, "check mode= and the addresses of personalize_redis"));
}

}  // namespace personalize
