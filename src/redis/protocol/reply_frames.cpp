#include "redis/protocol/reply_frames.h"

#include <algorithm>
#include <charconv>

namespace personalize {

namespace {

constexpr std::string_view crlf = "\r\n";

// Reads the number of a `$` or `*` header. Stricter than RESP asks for and as strict as hiredis: no
// sign except that of -1, no leading zero.
bool parse_length(std::string_view digits, std::int64_t& value) noexcept {
  if (digits == "-1") {
    value = -1;
    return true;
  }
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') {
    return false;
  }
  if (digits[0] == '0' && digits.size() > 1) {
    return false;
  }
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
}

// Returns whether the bytes taken now, of `left` that were outstanding, agree with the CR LF at the
// end as far as they reach into it.
bool ends_in_crlf(std::string_view taken, std::uint64_t left) noexcept {
  for (std::uint64_t i = 0; i < crlf.size(); ++i) {
    if (left < crlf.size() - i) {
      continue;
    }
    const std::uint64_t at = left - crlf.size() + i;
    if (at < taken.size() && taken[at] != crlf[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

ReplyFrames::ReplyFrames(const ReplyLimits& limits) noexcept
    : limits_(limits), content_left_(limits.content), elements_budget_(limits.elements) {
  limits_.depth = std::min(limits_.depth, ReplyLimits::max_depth);
}

ReplyFrames::Piece ReplyFrames::next(std::string_view& input) noexcept {
  while (!input.empty() && state_ != State::broken) {
    Piece piece;
    switch (state_) {
      case State::type:
        piece = type(input);
        break;
      case State::line:
        piece = line(input);
        break;
      case State::length:
        piece = length(input);
        break;
      case State::body:
      case State::skip:
        piece = body(input);
        break;
      case State::broken:
        break;
    }
    if (skipped_ != 0 && piece.kind != Piece::Kind::broken) {
      piece = skipped(piece);
    }
    if (piece.kind != Piece::Kind::more) {
      return piece;
    }
  }
  Piece nothing;
  if (state_ == State::broken) {
    nothing.kind = Piece::Kind::broken;
  }
  return nothing;
}

// Reads the first byte of an item without consuming it.
ReplyFrames::Piece ReplyFrames::type(std::string_view& input) noexcept {
  switch (input.front()) {
    case '+':
    case '-':
    case ':':
      state_ = State::line;
      line_length_ = 0;
      after_cr_ = false;
      return {};
    case '$':
    case '*':
      state_ = State::length;
      header_size_ = 0;
      return {};
    default:
      return broken("an unknown type of reply");
  }
}

ReplyFrames::Piece ReplyFrames::line(std::string_view& input) noexcept {
  bool ended = false;
  std::size_t taken = 0;
  while (taken < input.size() && !ended) {
    const char c = input[taken++];
    if (++line_length_ > limits_.line) {
      return broken("a line beyond the limit");
    }
    ended = after_cr_ && c == '\n';
    if (!ended && (after_cr_ || c == '\n')) {
      return broken("a line that does not end in CR LF");
    }
    after_cr_ = c == '\r';
  }

  Piece piece;
  piece.kind = Piece::Kind::bytes;
  piece.bytes = input.substr(0, taken);
  input.remove_prefix(taken);
  if (!ended) {
    return piece;
  }
  if (line_length_ > content_left_) {
    return broken("a reply beyond the limit of bytes");
  }
  content_left_ -= line_length_;
  return item_ended(piece);
}

// Collects a whole header, so that hiredis sees none that is refused.
ReplyFrames::Piece ReplyFrames::length(std::string_view& input) noexcept {
  while (!input.empty()) {
    if (header_size_ == header_.size()) {
      return broken("a length that is not a number");
    }
    const char c = input.front();
    input.remove_prefix(1);
    header_[header_size_++] = c;
    if (c != '\n') {
      continue;
    }

    const std::string_view header(header_.data(), header_size_);
    const std::string_view line = header.substr(1);
    std::int64_t announced = 0;
    if (line.size() < crlf.size() || line.substr(line.size() - crlf.size()) != crlf ||
        !parse_length(line.substr(0, line.size() - crlf.size()), announced)) {
      return broken("a length that is not a number");
    }
    return header.front() == '$' ? string_header(header, announced)
                                 : array_header(header, announced);
  }
  return {};
}

ReplyFrames::Piece ReplyFrames::string_header(std::string_view header,
                                              std::int64_t announced) noexcept {
  Piece piece;
  piece.kind = Piece::Kind::bytes;
  piece.bytes = header;
  if (announced < 0) {
    return item_ended(piece);
  }

  length_ = static_cast<std::uint64_t>(announced);
  if (length_ > content_left_) {
    if (length_ > limits_.skip) {
      return broken("a string too large even to read over");
    }
    left_ = length_ + crlf.size();
    state_ = State::skip;
    return {};
  }
  content_left_ -= length_;
  left_ = length_ + crlf.size();
  state_ = State::body;
  return piece;
}

ReplyFrames::Piece ReplyFrames::array_header(std::string_view header,
                                             std::int64_t announced) noexcept {
  Piece piece;
  piece.kind = Piece::Kind::bytes;
  piece.bytes = header;
  if (announced <= 0) {
    return item_ended(piece);
  }

  const auto elements = static_cast<std::uint64_t>(announced);
  if (elements > elements_budget_ && depth_ == 0 && elements <= limits_.skip_elements) {
    begin_skipping(elements);
  }
  if (elements > elements_budget_) {
    return broken("a reply beyond the limit of elements");
  }
  if (depth_ == limits_.depth) {
    return broken("a reply beyond the limit of depth");
  }
  elements_budget_ -= static_cast<std::uint32_t>(elements);
  elements_left_[depth_++] = static_cast<std::uint32_t>(elements);
  state_ = State::type;
  return piece;
}

ReplyFrames::Piece ReplyFrames::body(std::string_view& input) noexcept {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  const std::string_view bytes = input.substr(0, taken);
  if (!ends_in_crlf(bytes, left_)) {
    return broken("a string that does not end in CR LF");
  }
  input.remove_prefix(taken);
  left_ -= taken;

  Piece piece;
  if (state_ == State::body) {
    piece.kind = Piece::Kind::bytes;
    piece.bytes = bytes;
  } else if (left_ == 0) {
    piece.kind = Piece::Kind::too_large;
    piece.length = length_;
  }
  return left_ == 0 ? item_ended(piece) : piece;
}

// A key may hold more than anybody asked for. That is no reason to give up a connection on which
// others wait.
void ReplyFrames::begin_skipping(std::uint64_t elements) noexcept {
  skipped_ = elements;
  elements_budget_ = limits_.skip_elements;
  content_left_ = limits_.skip;
}

// Returns what is passed on in place of a piece of the reply that is read over: nothing before its
// end.
ReplyFrames::Piece ReplyFrames::skipped(const Piece& piece) noexcept {
  if (!piece.ends_reply) {
    return {};
  }
  Piece whole;
  whole.kind = Piece::Kind::too_large;
  whole.ends_reply = true;
  whole.length = skipped_;
  skipped_ = 0;
  return whole;
}

// Ends an item, and the arrays whose last element it is.
ReplyFrames::Piece ReplyFrames::item_ended(Piece piece) noexcept {
  state_ = State::type;
  while (depth_ > 0 && --elements_left_[depth_ - 1] == 0) {
    --depth_;
  }
  if (depth_ == 0) {
    piece.ends_reply = true;
    content_left_ = limits_.content;
    elements_budget_ = limits_.elements;
  }
  return piece;
}

ReplyFrames::Piece ReplyFrames::broken(std::string_view why) noexcept {
  state_ = State::broken;
  error_ = why;
  Piece piece;
  piece.kind = Piece::Kind::broken;
  return piece;
}

}  // namespace personalize
