// Whether a reply says that there is nothing at the key.
#pragma once

#include "personalize/redis.h"

namespace personalize {

// True of what commands that only read answer where there is no such key: nil, an empty string
// (GETRANGE), no elements or none but nil (LRANGE, HMGET), 0 (EXISTS, LLEN). What is there and
// empty reads the same.
bool is_nothing(const RedisReply& reply) noexcept;

}  // namespace personalize
