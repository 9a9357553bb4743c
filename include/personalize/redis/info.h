// Reads INFO of a server: https://redis.io/docs/latest/commands/info/
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "personalize/redis/reply.h"

namespace personalize {

// Reads from the reply to `INFO commandstats` how often a command, named in lower case, was called;
// 0 if it never was. nullopt if the reply is something else.
std::optional<std::uint64_t> read_command_calls(const RedisReply& reply,
                                                std::string_view command) noexcept;

}  // namespace personalize
