// `MOVED 3999 127.0.0.1:6381` and `ASK 3999 127.0.0.1:6381`: another node of the cluster has the
// slot, for good or for this command.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "personalize/redis/redis.h"

namespace personalize {

struct Redirection {
  enum class Kind : std::uint8_t { moved, ask };
  Kind kind = Kind::moved;
  std::uint16_t slot = 0;
  std::string_view host;  // empty: that of the node that says so. Points into the reply.
  std::uint16_t port = 0;
};

// Nothing where the reply is something else, or not plausible.
std::optional<Redirection> read_redirection(const RedisReply& reply) noexcept;

// Whether the error is a redirection, plausible or not.
bool is_redirection(std::string_view error_code) noexcept;

}  // namespace personalize
