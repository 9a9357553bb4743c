// What a server says where another one may know more.
#pragma once

#include <string_view>

#include "personalize/redis/redis.h"

namespace personalize {

// True of what commands that only read answer where there is no such key: nil, an empty string
// (GETRANGE), no elements or none but nil (LRANGE, HMGET), 0 (EXISTS, LLEN). What is there and
// empty reads the same.
bool is_nothing(const RedisReply& reply) noexcept;

// Whether, by the code of an error, a server cannot answer now whatever it is asked: it reads its
// data, is a replica without a master, or its cluster is down.
bool is_unable(std::string_view error_code) noexcept;

}  // namespace personalize
