// The text of a ticket: numbers, with the highest byte first, and strings, each after its length in
// 2 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace personalize {

class PackedWriter {
 public:
  explicit PackedWriter(std::pmr::string& out) noexcept : out_(out) {}

  void number(std::uint64_t n, unsigned bytes) {
    while (bytes-- > 0) {
      out_ += static_cast<char>(n >> (8 * bytes));
    }
  }
  void string(std::string_view s) {
    number(s.size(), 2);
    out_ += s;
  }
  std::size_t size() const noexcept { return out_.size(); }

 private:
  std::pmr::string& out_;
};

class PackedReader {
 public:
  explicit PackedReader(std::string_view text) noexcept : rest_(text) {}

  std::uint64_t number(unsigned bytes) noexcept {
    std::uint64_t n = 0;
    for (const char c : take(bytes)) {
      n = n << 8U | static_cast<unsigned char>(c);
    }
    return n;
  }
  std::string_view string() noexcept { return take(number(2)); }
  bool is_at_end() const noexcept { return rest_.empty(); }
  bool has_failed() const noexcept { return has_failed_; }

 private:
  std::string_view take(std::size_t size) noexcept {
    has_failed_ = has_failed_ || size > rest_.size();
    const auto taken = rest_.substr(0, has_failed_ ? 0 : size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
  bool has_failed_ = false;
};

}  // namespace personalize
