// A parser for flat JSON objects. What is inside `attributes` is passed over here and parsed only
// by who needs it, which makes this several times as fast as building a tree of every line.
#include <simdjson.h>

#include <charconv>
#include <cstring>

#include "base/text/utf8.h"
#include "personalize/report/reading.h"

namespace personalize::report {

namespace {

class LineParser {
 public:
  LineParser(std::string_view line, std::string& scratch)
      : at_(line.data()), end_(line.data() + line.size()), scratch_(scratch) {
    // Views into the scratch memory must stay: nothing is longer unescaped than it was.
    scratch_.clear();
    scratch_.reserve(line.size());
  }

  const char* read(Event& event) {
    event.clear();
    if (!take('{')) {
      return "it is not a JSON object";
    }
    if (!take('}')) {
      do {
        std::string_view name;
        std::string_view text;
        if (!read_string(name) || !take(':') || !read_value(text)) {
          return "it is not valid JSON";
        }
        if (const auto field = field_of(name)) {
          event.set(*field, text);
        }
      } while (take(','));
      if (!take('}')) {
        return "it is not valid JSON";
      }
    }
    skip_space();
    return at_ == end_ ? event.finish() : "something follows the JSON object";
  }

 private:
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) {
      ++at_;
    }
  }

  bool take(char c) {
    skip_space();
    if (at_ == end_ || *at_ != c) {
      return false;
    }
    ++at_;
    return true;
  }

  // Moves behind the quote that ends a string, from behind the one that begins it.
  bool pass_string() {
    for (;;) {
      const auto* quote = static_cast<const char*>(std::memchr(at_, '"', size()));
      if (quote == nullptr) {
        return false;
      }
      const char* before = quote;
      while (before != at_ && before[-1] == '\\') {
        --before;
      }
      at_ = quote + 1;
      if ((quote - before) % 2 == 0) {
        return true;
      }
    }
  }

  bool read_string(std::string_view& out) {
    if (!take('"')) {
      return false;
    }
    const char* begin = at_;
    if (!pass_string()) {
      return false;
    }
    out = {begin, static_cast<std::size_t>(at_ - 1 - begin)};
    return std::memchr(out.data(), '\\', out.size()) == nullptr || unescape(out);
  }

  bool read_value(std::string_view& out) {
    skip_space();
    if (at_ == end_) {
      return false;
    }
    if (*at_ == '"') {
      return read_string(out);
    }
    const char* begin = at_;
    if (*at_ == '{' || *at_ == '[') {
      if (!pass_nested()) {
        return false;
      }
      out = {begin, static_cast<std::size_t>(at_ - begin)};
      return true;
    }
    while (at_ != end_ && *at_ != ',' && *at_ != '}' && *at_ != ' ' && *at_ != '\t') {
      ++at_;
    }
    out = {begin, static_cast<std::size_t>(at_ - begin)};
    if (out == "null") {
      out = {};
      return true;
    }
    return out == "true" || out == "false" ||
           (!out.empty() && (out[0] == '-' || (out[0] >= '0' && out[0] <= '9')));
  }

  bool pass_nested() {
    int depth = 0;
    while (at_ != end_) {
      const char c = *at_++;
      if (c == '"') {
        if (!pass_string()) {
          return false;
        }
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        return true;
      }
    }
    return false;
  }

  bool unescape(std::string_view& text) {
    const std::size_t begin = scratch_.size();
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\') {
        scratch_ += text[i];
        continue;
      }
      constexpr std::string_view escapes = "\"\\/bfnrt";
      constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
      const char c = text[++i];  // what ends the string is not escaped, so that there is one
      if (const auto which = escapes.find(c); which != std::string_view::npos) {
        scratch_ += meant[which];
        continue;
      }
      std::uint32_t unit = 0;
      if (c != 'u' || !read_unit(text, i, unit)) {
        return false;
      }
      if (unit >= 0xd800 && unit < 0xdc00 && text.substr(i + 1, 2) == "\\u") {
        std::size_t next = i + 2;
        std::uint32_t low = 0;
        if (read_unit(text, next, low) && low >= 0xdc00 && low < 0xe000) {
          i = next;
          unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        }
      }
      append_utf8(unit >= 0xd800 && unit < 0xe000 ? replacement_code_point : unit, scratch_);
    }
    text = std::string_view(scratch_).substr(begin);
    return true;
  }

  // Reads the four digits after the `u` at `i`, and moves to the last of them.
  static bool read_unit(std::string_view text, std::size_t& i, std::uint32_t& unit) {
    if (i + 4 >= text.size()) {
      return false;
    }
    const auto result = std::from_chars(&text[i + 1], &text[i + 1] + 4, unit, 16);
    if (result.ptr != &text[i + 1] + 4) {
      return false;
    }
    i += 4;
    return true;
  }

  std::size_t size() const { return static_cast<std::size_t>(end_ - at_); }

  const char* at_;
  const char* end_;
  std::string& scratch_;
};

}  // namespace

const char* read_event_line(std::string_view line, Event& event, std::string& scratch) {
  if (!simdjson::validate_utf8(line.data(), line.size())) {
    return "it is not valid UTF-8";
  }
  return LineParser(line, scratch).read(event);
}

}  // namespace personalize::report
