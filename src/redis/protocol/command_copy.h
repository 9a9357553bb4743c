// A command that is kept, since it may have to be sent later or once more.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace personalize {

class CommandCopy {
 public:
  // Copies the words, which are any bytes, into `memory`, which must outlive this. Throws
  // bad_alloc.
  CommandCopy(const std::string_view* words, std::size_t count, std::pmr::memory_resource& memory);

  CommandCopy(CommandCopy&&) noexcept = default;
  CommandCopy(const CommandCopy&) = delete;
  CommandCopy& operator=(CommandCopy&&) = delete;
  CommandCopy& operator=(const CommandCopy&) = delete;
  ~CommandCopy() = default;

  // Live as long as this, also where it has been moved.
  const std::string_view* words() const noexcept { return words_.data(); }
  std::size_t count() const noexcept { return words_.size(); }

 private:
  std::pmr::vector<char> bytes_;
  std::pmr::vector<std::string_view> words_;  // of the bytes
};

}  // namespace personalize
