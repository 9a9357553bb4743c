#include "base/values/json/json_error.h"

#include <algorithm>
#include <vector>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

// A container that is open, and how far it has been read.
struct Level {
  bool is_object;
  std::size_t number = 0;                    // elements or members so far
  std::string_view name = {};                // of the last member, as written between its quotes
  bool is_read = false;                      // the value of that member, or of that element
  std::vector<std::string_view> names = {};  // of an object's members
};

class Diagnosis {
 public:
  explicit Diagnosis(std::string_view text) : text_(text) {}

  std::string describe() {
    skip_space();
    if (peek() != '[' && peek() != '{') {
      return fail("it is neither a list in [ ] nor an object in { }");
    }
    if (!value()) {
      return message_;
    }
    skip_space();
    return at_ == text_.size() ? std::string() : fail("nothing can follow the end, but " + next());
  }

 private:
  static constexpr std::size_t most_levels = 1000;

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string::npos) {
      ++at_;
    }
  }

  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) {
      return false;
    }
    ++at_;
    return true;
  }

  // Returns what comes next, as a message shows it.
  std::string next() const {
    constexpr std::size_t most = 20;
    if (at_ >= text_.size()) {
      return "the end";
    }
    auto rest = text_.substr(at_, most);
    rest = rest.substr(0, rest.find('\n'));
    return "`" + std::string(rest) + (at_ + most < text_.size() ? "…`" : "`");
  }

  // Returns "in element 2, member "price", ".
  std::string place() const {
    std::string place;
    for (const auto& level : levels_) {
      if (level.number == 0) {
        continue;
      }
      const bool is_after = &level == &levels_.back() && level.is_read;
      place += place.empty() ? (is_after ? "" : "in ") : ", ";
      place += is_after ? "after " : "";
      place += level.is_object ? "member " + quoted(level.name)
                               : "element " + std::to_string(level.number);
    }
    return place.empty() ? place : place + ": ";
  }

  std::string fail(const std::string& what) {
    const auto before = text_.substr(0, std::min(at_, text_.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto column = before.size() - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    message_ = place() + what + " (line " + std::to_string(line) + ", column " +
               std::to_string(column) + ")";
    return message_;
  }
  bool failed(const std::string& what) {
    fail(what);
    return false;
  }

  bool value() {
    skip_space();
    switch (peek()) {
      case '[':
        return container(false);
      case '{':
        return container(true);
      case '"': {
        std::string_view ignored;
        return string(ignored);
      }
      default:
        return scalar();
    }
  }

  bool scalar() {
    const auto begin = at_;
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n,]}[{:\"").find(text_[at_]) == std::string_view::npos) {
      ++at_;
    }
    const auto word = text_.substr(begin, at_ - begin);
    if (word == "true" || word == "false" || word == "null" || is_number(word)) {
      return true;
    }
    at_ = begin;
    if (word.empty()) {
      return failed("a value is missing before " + next());
    }
    if (word.front() == '\'') {
      return failed("texts take double quotes, not single ones, before " + next());
    }
    return failed(
        quoted(word) +
        " is no value: numbers are written as 49.5, texts in double quotes, and the other "
        "values are true, false and null");
  }

  // RFC 8259: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
  static bool is_number(std::string_view word) {
    const auto digits = [&] {
      std::size_t n = 0;
      while (n < word.size() && ascii::is_digit(word[n])) {
        ++n;
      }
      word.remove_prefix(n);
      return n;
    };
    const auto take_one_of = [&](std::string_view characters) {
      const bool has = !word.empty() && characters.find(word.front()) != std::string_view::npos;
      word.remove_prefix(has ? 1 : 0);
      return has;
    };
    take_one_of("-");
    const bool is_zero = !word.empty() && word.front() == '0';
    const auto whole = digits();
    if (whole == 0 || (is_zero && whole > 1) || (take_one_of(".") && digits() == 0)) {
      return false;
    }
    if (take_one_of("eE")) {
      take_one_of("+-");
      if (digits() == 0) {
        return false;
      }
    }
    return word.empty();
  }

  bool string(std::string_view& text) {
    const auto begin = at_++;
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && !escape()) {
        return false;
      }
      if (static_cast<unsigned char>(peek()) < ' ') {
        return failed("a text cannot go on in another line: write \\n for a line end");
      }
    }
    if (at_ >= text_.size()) {
      at_ = begin;
      return failed("the text that begins with " + next() + " has no closing quote");
    }
    text = text_.substr(begin + 1, at_ - begin - 1);
    ++at_;
    return true;
  }

  bool escape() {
    ++at_;
    if (peek() != 'u') {
      return (at_ < text_.size() &&
              std::string_view("\"\\/bfnrt").find(peek()) != std::string::npos) ||
             failed("\\ stands before one of \" \\ / b f n r t u, not before " + next());
    }
    const auto digits = text_.substr(at_ + 1, 4);
    const bool are_hex =
        digits.size() == 4 && std::all_of(digits.begin(), digits.end(), [](char c) {
          return ascii::is_digit(c) || (ascii::lower(c) >= 'a' && ascii::lower(c) <= 'f');
        });
    at_ += are_hex ? 4 : 0;
    return are_hex || failed("\\u takes four hexadecimal digits, as in \\u20ac");
  }

  bool container(bool is_object) {
    if (levels_.size() == most_levels) {
      return failed("brackets nest deeper than " + std::to_string(most_levels) + " levels");
    }
    ++at_;
    levels_.push_back({is_object});
    const char close = is_object ? '}' : ']';
    if (!take(close)) {
      do {
        if (!(is_object ? member() : element())) {
          return false;
        }
      } while (take(','));
      if (!take(close)) {
        return failed(std::string("\",\" or \"") + close + "\" is missing before " + next());
      }
    }
    levels_.pop_back();
    return true;
  }

  bool element() {
    skip_space();
    if (levels_.back().number > 0 && peek() == ']') {
      return failed("\",\" has no element after it: remove it");
    }
    ++levels_.back().number;
    levels_.back().is_read = false;
    if (!value()) {
      return false;
    }
    levels_.back().is_read = true;
    return true;
  }

  bool member() {
    skip_space();
    if (levels_.back().number > 0 && peek() == '}') {
      return failed("\",\" has no member after it: remove it");
    }
    if (peek() != '"') {
      return failed("the name of a member is missing, in double quotes, before " + next());
    }
    const auto begin = at_;
    std::string_view name;
    if (!string(name)) {
      return false;
    }
    auto& names = levels_.back().names;
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      at_ = begin;
      return failed("member " + quoted(name) + " is duplicate");
    }
    names.push_back(name);
    ++levels_.back().number;
    levels_.back().name = name;
    levels_.back().is_read = false;
    if (!take(':')) {
      return failed("\":\" is missing before " + next());
    }
    if (!value()) {
      return false;
    }
    levels_.back().is_read = true;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Level> levels_;
  std::string message_;
};

}  // namespace

std::string describe_json_error(std::string_view text) {
  return Diagnosis(text).describe();
}

}  // namespace personalize
