// Commands on their way to a server.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace personalize {

// Bytes that wait to be sent, in one piece: commands that are added before the socket takes them go
// out in one write.
class CommandBuffer {
 public:
  // Adds a command; its words are any bytes. False, and nothing added, where memory is out or
  // more than `limit` bytes would wait.
  bool add(const std::string_view* words, std::size_t count, std::size_t limit) noexcept;

  // Lives until the next call that is not const.
  std::string_view unsent() const noexcept { return std::string_view(bytes_).substr(sent_); }

  // The first `size` bytes of unsent() are gone.
  void sent(std::size_t size) noexcept;

  void clear() noexcept;

 private:
  std::string bytes_;
  std::size_t sent_ = 0;
  // What hiredis's formatter takes; kept so that a command costs no allocation here.
  std::vector<const char*> pointers_;
  std::vector<std::size_t> sizes_;
};

}  // namespace personalize
