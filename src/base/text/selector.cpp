#include "base/text/selector.h"

#include <string>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

// Pseudo-classes that depend on the elements and their attributes alone. Of others it is not known;
// a visitor's input can change :checked, :indeterminate and what is valid.
constexpr std::string_view structural[] = {"any-link",     "default",        "dir",
                                           "disabled",     "empty",          "enabled",
                                           "first-child",  "first-of-type",  "has",
                                           "is",           "lang",           "last-child",
                                           "last-of-type", "link",           "not",
                                           "nth-child",    "nth-last-child", "nth-last-of-type",
                                           "nth-of-type",  "only-child",     "only-of-type",
                                           "optional",     "read-only",      "read-write",
                                           "required",     "root",           "scope",
                                           "where"};

class SelectorReader {
 public:
  explicit SelectorReader(std::string_view text) : rest_(text) {}

  // complex [, complex]…
  bool read_list() {
    do {
      if (!read_complex()) {
        return false;
      }
    } while (take(','));
    return rest_.empty();
  }

  // Returns whether what was read has no pseudo-class but structural ones, and no pseudo-element.
  bool is_structural() const { return is_structural_; }

 private:
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool take(char c) {
    const bool is_there = !rest_.empty() && rest_.front() == c;
    rest_.remove_prefix(is_there ? 1 : 0);
    return is_there;
  }

  bool skip_space() {
    const auto before = rest_.size();
    while (!rest_.empty() && ascii::is_html_space(rest_.front())) {
      rest_.remove_prefix(1);
    }
    return rest_.size() != before;
  }

  // compound [combinator compound]…
  bool read_complex() {
    skip_space();
    for (;;) {
      if (!read_compound()) {
        return false;
      }
      const bool is_apart = skip_space();
      if (rest_.empty() || peek() == ',') {
        return true;
      }
      if (take('>') || take('+') || take('~')) {
        skip_space();
      } else if (!is_apart) {
        return false;
      }
    }
  }

  bool read_compound() {
    bool has_any = take('*') || read_identifier();
    for (;;) {
      if (take('#') || take('.')) {
        if (!read_identifier()) {
          return false;
        }
      } else if (take('[')) {
        if (!read_attribute()) {
          return false;
        }
      } else if (take(':')) {
        if (!read_pseudo() || (take('(') && !skip_parentheses())) {
          return false;
        }
      } else {
        return has_any;
      }
      has_any = true;
    }
  }

  static bool begins_name(char c) {
    return ascii::is_letter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  }

  bool read_identifier() {
    const auto begin = rest_;
    while (take('-')) {
    }
    const bool is_custom = begin.size() - rest_.size() >= 2;  // --name
    if (!is_custom && !begins_name(peek()) && peek() != '\\') {
      rest_ = begin;
      return false;
    }
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '\\' && rest_.size() > 1) {
        rest_.remove_prefix(2);
      } else if (begins_name(c) || ascii::is_digit(c) || c == '-') {
        rest_.remove_prefix(1);
      } else {
        return c != '\\';
      }
    }
    return true;
  }

  // Reads what follows a colon: a name, behind another colon that of a pseudo-element.
  bool read_pseudo() {
    const bool is_element = take(':');
    const auto begin = rest_;
    const bool is_named = read_identifier();
    const auto name = ascii::lowered(begin.substr(0, begin.size() - rest_.size()));
    is_structural_ = is_structural_ && !is_element && is_one_of(name, structural);
    return is_named;
  }

  // It ends in its line.
  bool read_string() {
    const char quote = peek();
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != quote && rest_.front() != '\n') {
      rest_.remove_prefix(rest_.front() == '\\' && rest_.size() > 1 ? 2 : 1);
    }
    return take(quote);
  }

  // name ], name = value ], name = value i ]
  bool read_attribute() {
    skip_space();
    if (!read_identifier()) {
      return false;
    }
    skip_space();
    if (take(']')) {
      return true;
    }
    if (std::string_view("~|^$*").find(peek()) != std::string_view::npos) {
      rest_.remove_prefix(1);
    }
    if (!take('=')) {
      return false;
    }
    skip_space();
    const bool is_string = peek() == '"' || peek() == '\'';
    if (!(is_string ? read_string() : read_identifier())) {
      return false;
    }
    skip_space();
    const char flag = ascii::lower(peek());
    if (flag == 'i' || flag == 's') {
      rest_.remove_prefix(1);
      skip_space();
    }
    return take(']');
  }

  // Skips up to and with the ')' of the '(' that was read.
  bool skip_parentheses() {
    std::string ends = ")";  // of what is open
    while (!rest_.empty() && !ends.empty()) {
      const char c = rest_.front();
      if (c == '"' || c == '\'') {
        if (!read_string()) {
          return false;
        }
        continue;
      }
      if (take(':')) {
        read_pseudo();
        continue;
      }
      if (c == ends.back()) {
        ends.pop_back();
      } else if (c == '(' || c == '[') {
        ends += c == '(' ? ')' : ']';
      }
      rest_.remove_prefix(c == '\\' && rest_.size() > 1 ? 2 : 1);
    }
    return ends.empty();
  }

  std::string_view rest_;
  bool is_structural_ = true;
};

}  // namespace

bool is_selector(std::string_view text) {
  return SelectorReader(text).read_list();
}

bool is_structural_selector(std::string_view text) {
  SelectorReader reader(text);
  return reader.read_list() && reader.is_structural();
}

}  // namespace personalize
