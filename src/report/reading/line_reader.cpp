#include "report/reading/line_reader.h"

#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <utility>

#include "personalize/report/reading.h"

namespace personalize::report {

namespace {

constexpr std::size_t longest_line = std::size_t{1} << 20;
constexpr unsigned piece = 1U << 18;

}  // namespace

LineReader::LineReader(std::string path) : path_(std::move(path)), buffer_(2 * longest_line) {
  errno = 0;
  file_ = path_ == "-" ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path_.c_str(), "rb");
  if (file_ == nullptr) {
    throw ReadError(path_ + ": cannot be opened: " + std::strerror(errno == 0 ? ENOMEM : errno));
  }
  gzbuffer(file_, piece);
}

LineReader::~LineReader() {
  gzclose(file_);
}

std::optional<std::string_view> LineReader::next() {
  std::size_t searched = begin_;
  for (;;) {
    const auto* line_end =
        static_cast<const char*>(std::memchr(&buffer_[searched], '\n', end_ - searched));
    if (line_end != nullptr) {
      const std::string_view line(&buffer_[begin_],
                                  static_cast<std::size_t>(line_end - &buffer_[begin_]));
      begin_ += line.size() + 1;
      ++line_;
      return line;
    }
    if (end_ - begin_ > longest_line) {
      pass_long_line();
      return std::string_view(buffer_.data(), longest_line);
    }
    const std::size_t kept = end_ - begin_;
    if (!fill()) {
      if (begin_ == end_) {
        return std::nullopt;
      }
      const std::string_view line(&buffer_[begin_], end_ - begin_);
      begin_ = end_;
      ++line_;
      return line;
    }
    searched = begin_ + kept;
  }
}

// Reads a piece behind what is there. False at the end of the file.
bool LineReader::fill() {
  if (is_at_end_) {
    return false;
  }
  if (buffer_.size() - end_ < piece) {
    std::memmove(buffer_.data(), &buffer_[begin_], end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const int size = gzread(file_, &buffer_[end_], piece);
  if (size < 0) {
    int error = Z_OK;
    const char* message = gzerror(file_, &error);
    if (error == Z_ERRNO) {
      throw ReadError(path_ + ": cannot be read: " + std::strerror(errno));
    }
    damage_ = std::string("the compressed file is damaged: ") + message;
  } else if (size < static_cast<int>(piece)) {
    int error = Z_OK;
    gzerror(file_, &error);
    if (error == Z_BUF_ERROR) {
      damage_ = "the compressed file ends in the middle";
    }
  }
  if (size <= 0) {
    is_at_end_ = true;
    return false;
  }
  end_ += static_cast<std::size_t>(size);
  return true;
}

// Leaves the beginning of the line at the beginning of the buffer, and moves behind its end.
void LineReader::pass_long_line() {
  std::memmove(buffer_.data(), &buffer_[begin_], end_ - begin_);
  end_ -= begin_;
  begin_ = longest_line;
  ++line_;
  for (;;) {
    const auto* line_end =
        static_cast<const char*>(std::memchr(&buffer_[begin_], '\n', end_ - begin_));
    if (line_end != nullptr) {
      begin_ = static_cast<std::size_t>(line_end - buffer_.data()) + 1;
      return;
    }
    begin_ = end_ = longest_line;
    if (!fill()) {
      return;
    }
  }
}

std::uint64_t LineReader::position() const noexcept {
  const auto offset = gzoffset(file_);
  return offset < 0 ? 0 : static_cast<std::uint64_t>(offset);
}

}  // namespace personalize::report
