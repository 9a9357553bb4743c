// Translates ECMA-262's pattern syntax (section 22.2.1 with Annex B.1.2, without the flags u and v)
// to PCRE2's. Most of it is the same; these are the differences:
//
//   ECMAScript    PCRE2              because PCRE2
//   [\s\d]        [\t-\r \x{a0}…\d]  knows only ASCII spaces
//   .             [^\n\r…]          would stop at \n alone
//   []            (?:(?!))           would take the ] for the first member
//   a{,5}         a\{,5}             would take it for a quantifier, from 10.43 on
//   \2            \x{2}              would refuse it, if there are fewer than two groups
#include <cstdint>
#include <optional>

#include "base/text/ascii.h"
#include "decision/regex/regex.h"

namespace personalize::decision {

namespace {

using ascii::is_digit;
using ascii::is_letter;

// The characters of \s, \S, \D and \W inside brackets. PCRE2's own \s knows ASCII only, and with
// PCRE2_MATCH_INVALID_UTF its \D and \W (in 10.42) miss characters outside ASCII.
constexpr std::string_view spaces =
    R"(\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view not_spaces =
    R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
    R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";
constexpr std::string_view not_digits = R"(\x{0}-\x{2f}\x{3a}-\x{10ffff})";
// Without U+017F and U+212A: ignoring case, PCRE2 takes them for s and k, ECMAScript does not.
constexpr std::string_view not_word =
    R"(\x{0}-\x{2f}\x{3a}-\x{40}\x{5b}-\x{5e}\x{60}\x{7b}-\x{17e}\x{180}-\x{2129}\x{212b}-\x{10ffff})";
// [] matches nothing, and can be repeated like any other class.
constexpr std::string_view nothing = "(?:(?!))";
constexpr std::string_view callout = "(?C)";
constexpr std::string_view any_but_line_end = R"([^\n\r\x{2028}\x{2029}])";

class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) { count_groups(); }

  std::string translate() {
    while (!at_end()) {
      atom();
    }
    return std::move(out_);
  }

 private:
  bool at_end() const { return at_ >= pattern_.size(); }
  // Returns NUL past the end, which no caller looks for.
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0';
  }
  bool looking_at(std::string_view text) const { return pattern_.substr(at_, text.size()) == text; }
  [[noreturn]] void fail(const char* what) const {
    throw RegexError(std::string(what) + " at byte " + std::to_string(at_));
  }

  // A number after a backslash is a back reference only if there are as many groups, and \k only if
  // one of them has a name.
  void count_groups() {
    bool in_class = false;
    for (std::size_t i = 0; i < pattern_.size(); ++i) {
      const char c = pattern_[i];
      if (c == '\\') {
        ++i;
      } else if (in_class) {
        in_class = c != ']';
      } else if (c == '[') {
        in_class = true;
      } else if (c == '(') {
        const auto rest = pattern_.substr(i + 1, 3);
        const bool named =
            rest.size() == 3 && rest.substr(0, 2) == "?<" && rest[2] != '=' && rest[2] != '!';
        groups_ += named || rest.empty() || rest[0] != '?' ? 1 : 0;
        has_names_ = has_names_ || named;
      }
    }
  }

  void atom() {
    const char c = peek();
    switch (c) {
      case '\\':
        escape();
        break;
      case '[':
        character_class();
        break;
      case '(':
        group();
        break;
      case '.':
        out_ += any_but_line_end;
        ++at_;
        break;
      case '*':
      case '+':
      case '?':
        out_ += c;
        ++at_;
        end_of_quantifier();
        break;
      case '{':
        brace();
        break;
      case ')':
        out_ += c;
        ++at_;
        if (!at_quantifier()) {
          out_ += callout;
        }
        break;
      default:
        out_ += c;
        ++at_;
    }
  }

  bool at_quantifier() const {
    return peek() == '*' || peek() == '+' || peek() == '?' || brace_length() > 0;
  }

  // PCRE2 would take a further '+' as possessive; to ECMAScript there is nothing to repeat.
  void end_of_quantifier() {
    if (peek() == '?') {
      out_ += '?';
      ++at_;
    }
    if (peek() == '+') {
      fail("nothing to repeat");
    }
    out_ += callout;
  }

  // Returns the length of a quantifier in braces, {3}, {3,} or {3,5}; 0 if there is none here.
  std::size_t brace_length() const {
    if (peek() != '{') {
      return 0;
    }
    std::size_t length = 1;
    const auto digits = [&] {
      const std::size_t first = length;
      while (is_digit(peek(length))) {
        ++length;
      }
      return length > first;
    };
    if (!digits()) {
      return 0;
    }
    if (peek(length) == ',') {
      ++length;
      digits();
    }
    return peek(length) == '}' ? length + 1 : 0;
  }

  // A brace that begins no quantifier stands for itself.
  void brace() {
    const std::size_t length = brace_length();
    if (length == 0) {
      out_ += "\\{";
      ++at_;
      return;
    }
    out_ += pattern_.substr(at_, length);
    at_ += length;
    end_of_quantifier();
  }

  void group() {
    if (looking_at("(*")) {
      fail("nothing to repeat");
    }
    if (looking_at("(?")) {
      const char kind = peek(2);
      const bool named =
          kind == '<' && (is_letter(peek(3)) || peek(3) == '_' || peek(3) == '=' || peek(3) == '!');
      if (kind != ':' && kind != '=' && kind != '!' && !named) {
        fail("ECMAScript has no such group");
      }
      out_ += "(?";
      at_ += 2;
      return;
    }
    out_ += '(';
    ++at_;
  }

  void character_class() {
    if (looking_at("[]")) {
      out_ += nothing;
      at_ += 2;
      return;
    }
    out_ += '[';
    ++at_;
    if (peek() == '^') {
      out_ += '^';
      ++at_;
    }
    bool after_set = false;  // \d and the like cannot begin a range
    while (true) {
      if (at_end()) {
        fail("missing ] of a character class");
      }
      const char c = peek();
      if (c == ']') {
        break;
      }
      if (c == '\\') {
        after_set = class_escape();
        continue;
      }
      const bool before_set = c == '-' && peek(1) == '\\' && is_set(peek(2));
      if (c == '[' || (c == '-' && (after_set || before_set))) {
        out_ += '\\';  // PCRE2 would see [:alpha:], or a range that is none
      }
      out_ += c;
      ++at_;
      after_set = false;
    }
    out_ += ']';
    ++at_;
  }

  static bool is_set(char c) {
    return c == 'd' || c == 'D' || c == 'w' || c == 'W' || c == 's' || c == 'S';
  }

  static std::string_view members_of(char set) {
    switch (set) {
      case 's':
        return spaces;
      case 'S':
        return not_spaces;
      case 'D':
        return not_digits;
      case 'W':
        return not_word;
      case 'd':
        return "\\d";
      default:
        return "\\w";
    }
  }

  // Returns whether it was one of the sets \d \D \w \W \s \S.
  bool class_escape() {
    const char c = peek(1);
    if (is_set(c)) {
      out_ += members_of(c);
      at_ += 2;
      return true;
    }
    if (c == 'b') {
      put_code_point(8);
      at_ += 2;
    } else {
      character_escape();
    }
    return false;
  }

  void escape() {
    const char c = peek(1);
    if (is_set(c)) {
      out_ += '[';
      out_ += members_of(c);
      out_ += ']';
      at_ += 2;
    } else if (c == 'b' || c == 'B') {
      out_ += '\\';
      out_ += c;
      at_ += 2;
    } else if (c >= '1' && c <= '9' && back_reference()) {
      return;
    } else if (c == 'k' && has_names_) {
      out_ += "\\k";
      at_ += 2;
    } else {
      character_escape();
    }
  }

  bool back_reference() {
    std::size_t end = at_ + 1;
    std::uint32_t number = 0;
    while (end < pattern_.size() && is_digit(pattern_[end]) && number < 100'000) {
      number = number * 10 + static_cast<std::uint32_t>(pattern_[end++] - '0');
    }
    if (number > groups_) {
      return false;
    }
    out_ += "\\g{" + std::to_string(number) + "}";
    at_ = end;
    return true;
  }

  // Translates a backslash and what stands with it for one character.
  void character_escape() {
    ++at_;
    if (at_end()) {
      fail("\\ at the end of the pattern");
    }
    const char c = peek();
    switch (c) {
      case 't':
      case 'n':
      case 'r':
      case 'f':
        out_ += '\\';
        out_ += c;
        ++at_;
        return;
      case 'v':
        put_code_point(0x0b);
        ++at_;
        return;
      case 'c':
        if (is_letter(peek(1))) {
          put_code_point(static_cast<std::uint32_t>(peek(1)) % 32);
          at_ += 2;
        } else {
          out_ += "\\\\";  // the backslash itself; the c follows
        }
        return;
      case 'x':
      case 'u':
        ++at_;
        if (const auto code = hexadecimal(c == 'x' ? 2 : 4)) {
          put_code_point(join_surrogates(*code));
        } else {
          out_ += c;
        }
        return;
      default:
        break;
    }
    if (c >= '0' && c <= '7') {
      put_code_point(octal());
      return;
    }
    // Any other character stands for itself.
    if (!is_letter(c) && !is_digit(c) && static_cast<signed char>(c) > 0) {
      out_ += '\\';
    }
    out_ += c;
    ++at_;
  }

  std::uint32_t octal() {
    std::uint32_t code = 0;
    for (int i = 0; i < 3 && peek() >= '0' && peek() <= '7'; ++i) {
      const std::uint32_t next = code * 8 + static_cast<std::uint32_t>(peek() - '0');
      if (next > 0377) {
        break;
      }
      code = next;
      ++at_;
    }
    return code;
  }

  std::optional<std::uint32_t> hexadecimal(std::size_t digits) {
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = peek(i);
      if (is_digit(c)) {
        code = code * 16 + static_cast<std::uint32_t>(c - '0');
      } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        code = code * 16 + static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
      } else {
        return std::nullopt;
      }
    }
    at_ += digits;
    return code;
  }

  // \ud83d\ude00 are the two halves of one character: takes the second if it follows.
  std::uint32_t join_surrogates(std::uint32_t high) {
    if (high < 0xd800 || high > 0xdbff || !looking_at("\\u")) {
      return high;
    }
    const std::size_t before = at_;
    at_ += 2;
    const auto low = hexadecimal(4);
    if (!low || *low < 0xdc00 || *low > 0xdfff) {
      at_ = before;
      return high;
    }
    return 0x10000 + ((high - 0xd800) << 10) + (*low - 0xdc00);
  }

  void put_code_point(std::uint32_t code) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    do {
      hex.insert(hex.begin(), digits[code % 16]);
      code /= 16;
    } while (code > 0);
    out_ += "\\x{" + hex + "}";
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
  std::uint32_t groups_ = 0;
  bool has_names_ = false;
  std::string out_;
};

}  // namespace

std::string to_pcre2(std::string_view pattern) {
  return Translator(pattern).translate();
}

}  // namespace personalize::decision
