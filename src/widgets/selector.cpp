#include "widgets/selector.h"

#include "base/text/ascii.h"

namespace personalize {

namespace {

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
        take(':');
        if (!read_identifier() || (take('(') && !skip_parentheses())) {
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

  bool read_string() {
    const char quote = peek();
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != quote) {
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

  bool skip_parentheses() {
    int open = 1;
    while (!rest_.empty() && open > 0) {
      const char c = rest_.front();
      if (c == '"' || c == '\'') {
        if (!read_string()) {
          return false;
        }
        continue;
      }
      open += c == '(' ? 1 : c == ')' ? -1 : 0;
      rest_.remove_prefix(c == '\\' && rest_.size() > 1 ? 2 : 1);
    }
    return open == 0;
  }

  std::string_view rest_;
};

}  // namespace

bool is_selector(std::string_view text) {
  return SelectorReader(text).read_list();
}

}  // namespace personalize
