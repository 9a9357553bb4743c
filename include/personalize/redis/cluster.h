// Redis Cluster: hash slots, the map of who has which, and redirections. From the specification:
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "personalize/redis/node_address.h"
#include "personalize/redis/reply.h"

namespace personalize {

constexpr std::uint32_t hash_slot_count = 16384;

// Returns the hash slot of a key: CRC16 (XMODEM) of the key, or of what is between its first `{`
// and the next `}` if that is not empty, so that keys with equal hash tags are on one node.
std::uint16_t hash_slot_of(std::string_view key) noexcept;

// Returns the key by which a command is routed, which is its first; empty if it has none.
std::string_view routing_key(const std::string_view* words, std::size_t count) noexcept;

// The nodes of a cluster and their slots. What a node reports is bounded, and checked before use.
class ClusterMap {
 public:
  // A map with more is refused; Redis itself advises at most 1000 nodes.
  static constexpr std::size_t most_nodes = 1000;
  static constexpr std::size_t most_replicas = 16;  // of one master; more are ignored

  static constexpr std::uint16_t no_shard = 0xffff;

  // A master and its replicas, as indexes of nodes().
  struct Shard {
    std::uint16_t master = 0;
    std::vector<std::uint16_t> replicas;
  };

  // Reads the reply to CLUSTER SLOTS. `asked` is the host of the node that sent it, for a node that
  // leaves out its own host because it does not know it. nullopt if the reply is malformed, exceeds
  // the limits, or names a node for no slot at all. Throws bad_alloc.
  static std::optional<ClusterMap> read(const RedisReply& reply, std::string_view asked);

  const std::vector<NodeAddress>& nodes() const noexcept { return nodes_; }
  const std::vector<Shard>& shards() const noexcept { return shards_; }

  // Returns the index in shards() of the slot's owner, or no_shard.
  std::uint16_t shard(std::uint16_t slot) const noexcept { return shards_by_slot_[slot]; }

  // Returns whether each slot has the same master in both.
  bool has_masters_of(const ClusterMap& other) const noexcept;

  // Gives one slot to another master before the next map is known. Does nothing if `node` is not a
  // master here.
  void move(std::uint16_t slot, std::uint16_t node) noexcept;

 private:
  class Reader;

  ClusterMap() noexcept { shards_by_slot_.fill(no_shard); }

  std::vector<NodeAddress> nodes_;
  std::vector<Shard> shards_;
  std::array<std::uint16_t, hash_slot_count> shards_by_slot_;
};

// Widens the limits of documents for a cluster's nodes: a map can have more elements than any
// document.
ReplyLimits cluster_limits(const ReplyLimits& limits) noexcept;

// Another node has the slot, for good (`MOVED 3999 127.0.0.1:6381`) or for this command alone
// (`ASK 3999 127.0.0.1:6381`).
struct Redirection {
  enum class Kind : std::uint8_t { moved, ask };
  Kind kind = Kind::moved;
  std::uint16_t slot = 0;
  std::string_view host;  // empty: that of the node that answered. Part of the reply.
  std::uint16_t port = 0;
};

// Returns whether the error is a redirection, well-formed or not.
bool is_redirection(std::string_view error_code) noexcept;

// Reads a redirection; nullopt if the reply is something else or not plausible.
std::optional<Redirection> read_redirection(const RedisReply& reply) noexcept;

}  // namespace personalize
