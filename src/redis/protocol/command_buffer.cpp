#include "personalize/redis/command_buffer.h"

#include <algorithm>
#include <charconv>
#include <exception>

namespace personalize {

namespace {

// The most that an empty buffer keeps allocated.
constexpr std::size_t kept_capacity = std::size_t{64} * 1024;

// The most bytes of `$12\r\n`, and of a word without its bytes.
constexpr std::size_t max_head = 24;
constexpr std::size_t max_frame = max_head + 2;

char* write_line_end(char* to) noexcept {
  *to++ = '\r';
  *to++ = '\n';
  return to;
}

// Writes `*3` or `$12`, and the end of the line. Returns the end of it.
char* write_head(char kind, std::size_t number, char* to) noexcept {
  *to = kind;
  return write_line_end(std::to_chars(to + 1, to + max_head, number).ptr);
}

}  // namespace

bool CommandBuffer::add(const std::string_view* words, std::size_t count,
                        std::size_t limit) noexcept {
  if (count == 0) {
    return false;
  }
  const std::size_t before = bytes_.size();
  std::size_t most = max_head;
  for (std::size_t i = 0; i < count; ++i) {
    most += max_frame + words[i].size();
  }
  try {
    bytes_.resize(before + most);
  } catch (const std::exception&) {
    return false;
  }
  char* to = write_head('*', count, &bytes_[before]);
  for (std::size_t i = 0; i < count; ++i) {
    to = write_head('$', words[i].size(), to);
    to = write_line_end(std::copy(words[i].begin(), words[i].end(), to));
  }
  bytes_.resize(static_cast<std::size_t>(to - bytes_.data()));
  if (unsent().size() > limit) {
    bytes_.resize(before);
    return false;
  }
  return true;
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
