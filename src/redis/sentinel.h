// What sentinels and the servers that they watch say of who is master.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "personalize/redis.h"
#include "redis/node_address.h"

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

}  // namespace personalize
