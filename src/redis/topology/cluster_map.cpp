#include "personalize/redis/cluster.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace personalize {

namespace {

bool is_slot(const RedisReply& reply) noexcept {
  return reply.kind == RedisReply::Kind::integer && reply.integer >= 0 &&
         reply.integer < hash_slot_count;
}

// Returns the IP address that Redis gives beside a host name, `[…, [ip, 10.0.0.1]]`, so that the
// name need not be resolved; empty if there is none.
std::string_view ip_of(const RedisReply& node) noexcept {
  if (node.count < 4 || node.elements[3].kind != RedisReply::Kind::array) {
    return {};
  }
  const RedisReply& facts = node.elements[3];
  for (std::uint32_t i = 0; i + 1 < facts.count; i += 2) {
    if (facts.elements[i].string() == "ip") {
      return facts.elements[i + 1].string();
    }
  }
  return {};
}

}  // namespace

// Reads CLUSTER SLOTS in time proportional to the reply, whatever it says.
class ClusterMap::Reader {
 public:
  Reader(ClusterMap& map, std::string_view asked) : map_(map), asked_(asked) {}

  // [first, last, [host, port, id, facts], replica…]
  bool add_range(const RedisReply& range) {
    if (range.kind != RedisReply::Kind::array || range.count < 3 || !is_slot(range.elements[0]) ||
        !is_slot(range.elements[1]) || range.elements[0].integer > range.elements[1].integer) {
      return false;
    }
    const auto master = add_node(range.elements[2]);
    // A master whose address is not known yet: its slots have no owner.
    if (!master) {
      return map_.nodes_.size() <= most_nodes;
    }

    const std::uint16_t shard = add_shard(*master);
    if (map_.shards_[shard].replicas.empty()) {
      const auto last = std::min<std::uint32_t>(range.count, 3 + most_replicas);
      for (std::uint32_t i = 3; i < last; ++i) {
        const auto replica = add_node(range.elements[i]);
        if (replica && *replica != *master) {
          map_.shards_[shard].replicas.push_back(*replica);
        }
      }
    }
    auto* slots = map_.shards_by_slot_.data();
    std::fill(slots + range.elements[0].integer, slots + range.elements[1].integer + 1, shard);
    return map_.nodes_.size() <= most_nodes;
  }

 private:
  std::optional<std::uint16_t> add_node(const RedisReply& node) {
    if (node.kind != RedisReply::Kind::array || node.count < 2 ||
        node.elements[1].kind != RedisReply::Kind::integer || map_.nodes_.size() > most_nodes) {
      return std::nullopt;
    }
    const std::int64_t port = node.elements[1].integer;
    const std::string_view preferred = node.elements[0].string();
    std::string_view host = ip_of(node);
    if (host.empty()) {
      host = preferred;
    }
    if (host.empty()) {
      host = asked_;
    }
    if (!is_plausible(host, port)) {
      return std::nullopt;
    }

    NodeAddress address{std::string(host), static_cast<std::uint16_t>(port), {}};
    if (preferred != host && is_plausible(preferred, port)) {
      address.name = preferred;
    }
    const auto [place, is_new] =
        places_.try_emplace(address.text(), static_cast<std::uint16_t>(map_.nodes_.size()));
    if (is_new) {
      map_.nodes_.push_back(std::move(address));
      shards_.push_back(no_shard);
    }
    return place->second;
  }

  std::uint16_t add_shard(std::uint16_t master) {
    if (shards_[master] == no_shard) {
      shards_[master] = static_cast<std::uint16_t>(map_.shards_.size());
      map_.shards_.push_back({master, {}});
    }
    return shards_[master];
  }

  ClusterMap& map_;
  std::string_view asked_;
  std::unordered_map<std::string, std::uint16_t> places_;  // of nodes, by NodeAddress::text()
  std::vector<std::uint16_t> shards_;  // by node; no_shard unless it is a master
};

std::optional<ClusterMap> ClusterMap::read(const RedisReply& reply, std::string_view asked) {
  if (reply.kind != RedisReply::Kind::array || reply.count > hash_slot_count) {
    return std::nullopt;
  }
  ClusterMap map;
  Reader reader(map, asked);
  for (std::uint32_t i = 0; i < reply.count; ++i) {
    if (!reader.add_range(reply.elements[i])) {
      return std::nullopt;
    }
  }
  if (map.shards_.empty()) {
    return std::nullopt;
  }
  return map;
}

bool ClusterMap::has_masters_of(const ClusterMap& other) const noexcept {
  const auto master = [](const ClusterMap& map, std::uint32_t slot) -> const NodeAddress* {
    const std::uint16_t shard = map.shards_by_slot_[slot];
    return shard == no_shard ? nullptr : &map.nodes_[map.shards_[shard].master];
  };
  for (std::uint32_t slot = 0; slot < hash_slot_count; ++slot) {
    const NodeAddress* mine = master(*this, slot);
    const NodeAddress* others = master(other, slot);
    const bool same = mine == nullptr || others == nullptr ? mine == others
                                                           : mine->is(others->host, others->port);
    if (!same) {
      return false;
    }
  }
  return true;
}

void ClusterMap::move(std::uint16_t slot, std::uint16_t node) noexcept {
  const auto shard = std::find_if(shards_.begin(), shards_.end(),
                                  [&](const Shard& one) { return one.master == node; });
  if (shard != shards_.end()) {
    shards_by_slot_[slot] = static_cast<std::uint16_t>(shard - shards_.begin());
  }
}

ReplyLimits cluster_limits(const ReplyLimits& limits) noexcept {
  ReplyLimits wider = limits;
  wider.elements = std::max<std::uint32_t>(limits.elements, hash_slot_count * 16);
  wider.content = std::max<std::uint64_t>(limits.content, std::uint64_t{hash_slot_count} * 256);
  return wider;
}

}  // namespace personalize
