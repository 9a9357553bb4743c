#include "personalize/redis/command.h"

#include <algorithm>
#include <iterator>

#include "base/text/ascii.h"

namespace personalize {

bool is_read(std::string_view command) noexcept {
  static constexpr std::string_view reads[] = {"GETRANGE", "HMGET",     "LRANGE",  "GET",  "MGET",
                                               "HGET",     "STRLEN",    "HGETALL", "LLEN", "ZSCORE",
                                               "ZRANGE",   "ZREVRANGE", "EXISTS"};
  return std::any_of(std::begin(reads), std::end(reads), [&](std::string_view read) {
    return ascii::equal_ignoring_case(command, read);
  });
}

CommandCopy::CommandCopy(const std::string_view* words, std::size_t count,
                         std::pmr::memory_resource& memory)
    : bytes_(&memory), words_(&memory) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    size += words[i].size();
  }
  bytes_.reserve(size);  // so that they never move
  words_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* begin = bytes_.data() + bytes_.size();
    bytes_.insert(bytes_.end(), words[i].begin(), words[i].end());
    words_.emplace_back(begin, words[i].size());
  }
}

}  // namespace personalize
