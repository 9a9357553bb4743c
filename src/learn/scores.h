// Replies of Redis about sorted sets.
#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "personalize/redis/reply.h"
#include "personalize/sources/sources.h"

namespace personalize::learn {

// Returns the outcome of a look-up that an error ends.
inline Lookup failure_of(const RedisReply& error) noexcept {
  return error.error_code() == "WRONGTYPE" ? Lookup::wrong_type : Lookup::error;
}

// Returns the number that the reply is; nothing if it is none.
inline std::optional<double> score_of(const RedisReply& reply) noexcept {
  const std::string_view text = reply.string();
  double score = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), score);
  const bool is_score =
      !text.empty() && read.ec == std::errc() && std::isfinite(score) && score >= 0;
  return is_score ? std::optional(score) : std::nullopt;
}

// Calls visit(member, score) for each member in the reply to ZREVRANGE … WITHSCORES.
template <class Visit>
void for_each_score(const RedisReply& reply, Visit visit) {
  if (reply.kind != RedisReply::Kind::array) {
    return;
  }
  for (std::uint32_t i = 0; i + 1 < reply.count; i += 2) {
    if (const auto score = score_of(reply.elements[i + 1])) {
      visit(reply.elements[i].string(), *score);
    }
  }
}

}  // namespace personalize::learn
