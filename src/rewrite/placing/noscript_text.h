// What stands in a <noscript>: text for the tree, and markup where no scripts run.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize::rewrite {

class NoscriptText {
 public:
  static constexpr std::size_t longest = 4096;

  explicit NoscriptText(std::pmr::memory_resource* memory) : text_(memory) {}

  // Called with the bytes that the tokens come from now on, and their offset.
  void begin_chunk(std::string_view bytes, std::uint64_t offset) {
    chunk_ = bytes;
    offset_ = offset;
  }
  void end_chunk() {
    if (is_open_) {
      read_until(offset_ + chunk_.size());
    }
  }

  // Called where the text begins.
  void begin(std::uint64_t offset);
  // Called where it ends. Returns whether it is whole as markup, too, and known: all that it opens
  // it closes, and nothing else.
  bool end(std::uint64_t offset);
  bool is_open() const { return is_open_; }

 private:
  void read_until(std::uint64_t offset);

  std::string_view chunk_;
  std::uint64_t offset_ = 0;  // of the chunk
  std::pmr::string text_;
  std::uint64_t read_ = 0;  // until where
  bool is_open_ = false;
};

}  // namespace personalize::rewrite
