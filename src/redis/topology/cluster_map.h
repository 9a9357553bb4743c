// Who has what in a Redis Cluster, as CLUSTER SLOTS tells it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "personalize/redis/redis.h"
#include "redis/protocol/reply_frames.h"
#include "redis/topology/key_slot.h"
#include "redis/topology/node_address.h"

namespace personalize {

// The nodes of a cluster and the slots that they have. What a node tells is bounded, and checked
// before it is used.
class ClusterMap {
 public:
  // With more, a map is not taken: Redis itself advises at most 1000 nodes.
  static constexpr std::size_t most_nodes = 1000;
  static constexpr std::size_t most_replicas = 16;  // of one master; more are left out

  static constexpr std::uint16_t no_shard = 0xffff;

  // A master and its replicas, as indexes of nodes().
  struct Shard {
    std::uint16_t master = 0;
    std::vector<std::uint16_t> replicas;
  };

  // Reads the reply to CLUSTER SLOTS. `asked` is the host of the node that sent it: one that does
  // not know how it is reached leaves its own host out. Nothing where the reply is not such a
  // reply, is beyond the limits, or names nobody for any slot. Throws bad_alloc.
  static std::optional<ClusterMap> read(const RedisReply& reply, std::string_view asked);

  const std::vector<NodeAddress>& nodes() const noexcept { return nodes_; }
  const std::vector<Shard>& shards() const noexcept { return shards_; }

  // The index in shards() of who has the slot; no_shard where nobody has.
  std::uint16_t shard(std::uint16_t slot) const noexcept { return shards_by_slot_[slot]; }

  // Whether each slot has the same master in both.
  bool has_masters_of(const ClusterMap& other) const noexcept;

  // One slot has moved to that master, before the whole map is known. Nothing changes where it is
  // no master here.
  void move(std::uint16_t slot, std::uint16_t node) noexcept;

 private:
  class Reader;

  ClusterMap() noexcept { shards_by_slot_.fill(no_shard); }

  std::vector<NodeAddress> nodes_;
  std::vector<Shard> shards_;
  std::array<std::uint16_t, slot_count> shards_by_slot_;
};

// The limits for replies of a cluster's nodes: a map may have more elements than any document.
ReplyLimits cluster_limits(const ReplyLimits& limits) noexcept;

}  // namespace personalize
