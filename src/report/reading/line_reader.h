// Lines of a file, plain or compressed by gzip.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace personalize::report {

class LineReader {
 public:
  // Opens the file; "-" is standard input. Throws ReadError.
  explicit LineReader(std::string path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // Returns the next line without its end, valid until the next call; nothing at the end of the
  // file. A line of more than a megabyte comes cut, as one that is no event. Throws ReadError.
  std::optional<std::string_view> next();

  std::uint64_t line_number() const noexcept { return line_; }
  const std::string& path() const noexcept { return path_; }
  // Bytes of the file, as it is on disk, that are read.
  std::uint64_t position() const noexcept;
  // What is wrong with the end of a compressed file that next() has come to; "" if nothing is.
  const std::string& damage() const noexcept { return damage_; }

 private:
  bool fill();
  void pass_long_line();

  std::string path_;
  gzFile file_ = nullptr;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool is_at_end_ = false;
  std::uint64_t line_ = 0;
  std::string damage_;
};

}  // namespace personalize::report
