#include "personalize/redis/command_buffer.h"

#include <hiredis/hiredis.h>

#include <exception>
#include <limits>
#include <memory>

namespace personalize {

namespace {

// The most that an empty buffer keeps allocated.
constexpr std::size_t kept_capacity = std::size_t{64} * 1024;

}  // namespace

bool CommandBuffer::add(const std::string_view* words, std::size_t count,
                        std::size_t limit) noexcept {
  if (count == 0 || count > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return false;
  }
  try {
    pointers_.clear();
    sizes_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      // The data() of an empty view may be null; hiredis copies from it all the same.
      pointers_.push_back(words[i].empty() ? "" : words[i].data());
      sizes_.push_back(words[i].size());
    }
    char* formatted = nullptr;
    const auto size = redisFormatCommandArgv(&formatted, static_cast<int>(count), pointers_.data(),
                                             sizes_.data());
    if (size < 0) {
      return false;
    }
    const std::unique_ptr<char, void (*)(char*)> owner(formatted, redisFreeCommand);
    if (unsent().size() + static_cast<std::size_t>(size) > limit) {
      return false;
    }
    bytes_.append(formatted, static_cast<std::size_t>(size));
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void CommandBuffer::sent(std::size_t size) noexcept {
  sent_ += size;
  if (sent_ == bytes_.size()) {
    clear();
  } else if (sent_ > kept_capacity) {
    bytes_.erase(0, sent_);
    sent_ = 0;
  }
}

void CommandBuffer::clear() noexcept {
  sent_ = 0;
  if (bytes_.capacity() > kept_capacity) {
    bytes_ = std::string();
  } else {
    bytes_.clear();
  }
}

}  // namespace personalize
