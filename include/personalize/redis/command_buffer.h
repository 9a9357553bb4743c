// Commands in Redis's protocol that wait for the socket.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace personalize {

// Keeps the bytes in one piece, so that commands added before the socket takes them go out in one
// write.
class CommandBuffer {
 public:
  // Adds a command; its words are any bytes. Returns false and adds nothing if allocation fails or
  // more than `limit` bytes would wait.
  bool add(const std::string_view* words, std::size_t count, std::size_t limit) noexcept;

  // Returns what is to be sent. Lives until the next call that is not const.
  std::string_view unsent() const noexcept { return std::string_view(bytes_).substr(sent_); }

  // Removes the first `size` bytes of unsent(), which have been sent.
  void sent(std::size_t size) noexcept;

  void clear() noexcept;

 private:
  std::string bytes_;
  std::size_t sent_ = 0;
};

}  // namespace personalize
