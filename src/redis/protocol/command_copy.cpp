#include "redis/protocol/command_copy.h"

namespace personalize {

CommandCopy::CommandCopy(const std::string_view* words, std::size_t count,
                         std::pmr::memory_resource& memory)
    : bytes_(&memory), words_(&memory) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) size += words[i].size();
  bytes_.reserve(size);  // so that they stay where they are
  words_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* begin = bytes_.data() + bytes_.size();
    bytes_.insert(bytes_.end(), words[i].begin(), words[i].end());
    words_.emplace_back(begin, words[i].size());
  }
}

}  // namespace personalize
