// What sentinels and the servers that they watch say of who is master.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "personalize/redis/redis.h"
#include "redis/protocol/reply_frames.h"
#include "redis/topology/node_address.h"

namespace personalize {

// The reply to SENTINEL GET-MASTER-ADDR-BY-NAME. Nothing where the sentinel knows no master of that
// name, or the reply is not such a reply. Throws bad_alloc.
std::optional<NodeAddress> read_master(const RedisReply& reply);

// The reply to SENTINEL REPLICAS: those that the sentinel holds to be up and linked to their
// master; at most most_replicas. Throws bad_alloc.
constexpr std::size_t most_replicas_of_master = 16;
std::vector<NodeAddress> read_replicas(const RedisReply& reply);

// The first word of the reply to ROLE: `master`, `slave` or `sentinel`; empty where it is no such
// reply.
std::string_view read_role(const RedisReply& reply) noexcept;

// The channel on which a sentinel tells of new masters.
constexpr std::string_view switch_channel = "+switch-master";

// What a message there says.
struct MasterSwitch {
  std::string_view master;  // its name; points into the reply
  NodeAddress address;      // where it is now
};
// Nothing where that is no such message. Throws bad_alloc.
std::optional<MasterSwitch> read_master_switch(const RedisReply& payload);

// The limits for such messages.
ReplyLimits sentinel_message_limits() noexcept;

}  // namespace personalize
