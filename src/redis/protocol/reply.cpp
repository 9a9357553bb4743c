#include "personalize/redis/reply.h"

#include <algorithm>

namespace personalize {

bool is_nothing(const RedisReply& reply) noexcept {
  switch (reply.kind) {
    case RedisReply::Kind::nil:
      return true;
    case RedisReply::Kind::string:
      return reply.text.empty();
    case RedisReply::Kind::integer:
      return reply.integer == 0;
    case RedisReply::Kind::array:
      return std::all_of(reply.elements, reply.elements + reply.count,
                         [](const RedisReply& one) { return one.kind == RedisReply::Kind::nil; });
    case RedisReply::Kind::status:
    case RedisReply::Kind::error:
    case RedisReply::Kind::too_large:
      break;
  }
  return false;
}

bool is_unable(std::string_view error_code) noexcept {
  return error_code == "LOADING" || error_code == "MASTERDOWN" || error_code == "CLUSTERDOWN";
}

}  // namespace personalize
