// Reads what sentinels, and the servers that they watch, reply about who is master:
// https://redis.io/docs/latest/develop/reference/sentinel-clients/
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "personalize/redis/node_address.h"
#include "personalize/redis/reply.h"

namespace personalize {

// Reads the reply to SENTINEL GET-MASTER-ADDR-BY-NAME. nullopt if the sentinel knows no master of
// that name, or the reply is malformed. Throws bad_alloc.
std::optional<NodeAddress> read_master(const RedisReply& reply);

// Reads the reply to SENTINEL REPLICAS: those that the sentinel takes to be up and linked to their
// master, at most most_replicas_of_master. Throws bad_alloc.
constexpr std::size_t most_replicas_of_master = 16;
std::vector<NodeAddress> read_replicas(const RedisReply& reply);

// Returns the first word of the reply to ROLE: `master`, `slave` or `sentinel`; empty if the reply
// is malformed.
std::string_view read_role(const RedisReply& reply) noexcept;

// The channel on which a sentinel announces new masters.
constexpr std::string_view switch_channel = "+switch-master";

// An announcement there.
struct MasterSwitch {
  std::string_view master;  // its name; part of the reply
  NodeAddress address;      // where it is now
};
// Reads an announcement. nullopt if it is malformed. Throws bad_alloc.
std::optional<MasterSwitch> read_master_switch(const RedisReply& payload);

// Returns the limits for announcements.
ReplyLimits sentinel_message_limits() noexcept;

}  // namespace personalize
