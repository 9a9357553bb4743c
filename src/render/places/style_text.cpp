#include "render/places/style_text.h"

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

// Their strings are addresses.
constexpr std::string_view address_functions[] = {"url", "src", "image", "image-set",
                                                  "-webkit-image-set"};

// What old browsers run.
constexpr std::string_view running[] = {"behavior", "-moz-binding", "expression"};

constexpr const char* backslash = "a '\\' outside of a string stands before it";
constexpr const char* sections_differ =
    "the section before it leaves the style sheet in another state than it found it in: put whole "
    "rules, declarations or values into sections";

bool is_word(char c) {
  return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

[[noreturn]] void refuse(const std::string& what) {
  throw MarkupError("a value cannot stand there in CSS: " + what);
}

}  // namespace

bool operator==(const StyleText& a, const StyleText& b) {
  return a.mode_ == b.mode_ && a.depth_ == b.depth_ && a.at_rule_ == b.at_rule_ &&
         a.in_declaration_ == b.in_declaration_ && a.has_value_ == b.has_value_ &&
         a.word_has_value_ == b.word_has_value_ && a.glued_ == b.glued_ &&
         a.escaped_ == b.escaped_ && a.string_has_value_ == b.string_has_value_ &&
         a.runs_ == b.runs_ && a.word_ == b.word_ && a.functions_ == b.functions_ &&
         a.string_ == b.string_;
}

void StyleText::feed(char c) {
  const Mode mode = mode_;
  switch (mode_) {
    case Mode::plain:
      feed_plain(c);
      break;
    case Mode::double_quoted:
    case Mode::single_quoted:
      feed_string(c);
      break;
    case Mode::comment:
      if (last_ == '*' && c == '/') {
        mode_ = Mode::plain;
        c = ' ';
      }
      break;
    case Mode::address_begin:
      if (c == '"' || c == '\'') {
        begin_string(c);
        break;
      }
      if (ascii::is_html_space(c)) {
        break;
      }
      mode_ = Mode::address;
      [[fallthrough]];
    case Mode::address:
      if (c == ')') {
        functions_.pop_back();
        mode_ = Mode::plain;
      } else if (c == '\\') {
        lose(backslash);
      }
      break;
    case Mode::lost:
      return;
  }
  last_ = mode_ == Mode::comment && mode != mode_ ? ' ' : c;  // "/*/" does not end a comment
}

void StyleText::feed_plain(char c) {
  if (is_word(c)) {
    word_ += ascii::lower(c);
    return;
  }
  if (c == '(') {
    open_parenthesis();
    return;
  }
  if (c == '/' || ascii::is_html_space(c)) {
    end_word();
    return;
  }
  if (c == '*' && last_ == '/') {
    mode_ = Mode::comment;
    return;
  }
  const std::string word = std::move(word_);
  end_word();
  switch (c) {
    case '"':
    case '\'':
      begin_string(c);
      break;
    case '\\':
      lose(backslash);
      break;
    case ')':
      if (!functions_.empty()) {
        functions_.pop_back();
      }
      break;
    case '@':
      at_rule_ = at_rule_ || !in_declaration_;
      break;
    case ':':
      if (!in_declaration_ && !at_rule_ && depth_ > 0 && functions_.empty()) {
        in_declaration_ = true;
        runs_ = is_one_of(word, running);
      }
      break;
    case '{':
      if (has_value_) {
        throw MarkupError("a value cannot stand in a selector of CSS: what is styled is fixed");
      }
      ++depth_;
      end_declaration();
      break;
    case '}':
      depth_ -= depth_ > 0 ? 1 : 0;
      end_declaration();
      break;
    case ';':
      end_declaration();
      break;
    default:
      break;
  }
}

void StyleText::end_word() {
  word_.clear();
  word_has_value_ = glued_ = false;
}

void StyleText::end_declaration() {
  at_rule_ = in_declaration_ = has_value_ = runs_ = false;
  functions_.clear();
}

void StyleText::open_parenthesis() {
  if (word_has_value_) {
    throw MarkupError("a value cannot be the name of a function in CSS");
  }
  if (glued_) {
    lose("the name of a function is broken by a section");
    return;
  }
  functions_ += is_one_of(word_, address_functions) ? 'u' : '(';
  runs_ = runs_ || is_one_of(word_, running);
  mode_ = word_ == "url" ? Mode::address_begin : Mode::plain;
  end_word();
}

void StyleText::begin_string(char quote) {
  mode_ = quote == '"' ? Mode::double_quoted : Mode::single_quoted;
  string_.clear();
  string_has_value_ = false;
}

void StyleText::feed_string(char c) {
  if (escaped_) {
    escaped_ = false;
  } else if (c == '\\') {
    escaped_ = true;
  } else if (c == '\n' || c == '\r' || c == '\f') {
    lose("a string before it is not closed in its line");
    return;
  } else if (c == (mode_ == Mode::double_quoted ? '"' : '\'')) {
    mode_ = Mode::plain;
    string_.clear();
    string_has_value_ = false;
    return;
  }
  if (in_address_function()) {
    string_ += c;
  }
}

void StyleText::lose(const char* reason) {
  const auto depth = depth_;
  *this = StyleText();
  depth_ = depth;
  mode_ = Mode::lost;
  reason_ = reason;
}

Escape StyleText::value() {
  if (mode_ == Mode::lost) {
    refuse(reason_);
  }
  if (mode_ == Mode::comment) {
    refuse("{{! … }} is a comment that is not sent");
  }
  if (!in_declaration_) {
    refuse("it can be the value of a declaration, as in \"width: {{…}}%\", and nothing else");
  }
  if (runs_) {
    refuse("browsers may run it; only fixed text can stand there");
  }
  has_value_ = true;
  if (in_string()) {
    return string_value();
  }
  if (mode_ != Mode::plain || in_address_function()) {
    refuse("put the address in quotes, as in url('…')");
  }
  word_has_value_ = true;
  return Escape::style;
}

Escape StyleText::string_value() {
  if (escaped_) {
    refuse("it is directly behind a '\\'");
  }
  if (!in_address_function()) {
    return Escape::style_string;
  }
  const bool is_first = string_.empty() && !string_has_value_;
  if (!string_has_value_ && !is_first) {
    // The fixed text says where it leads.
    const auto end = string_.find_first_of(":/?#");
    const auto scheme = ascii::lowered(string_.substr(0, end));
    const bool is_web = scheme == "http" || scheme == "https";
    const bool is_fixed = end != std::string::npos && string_.find('\\') == std::string::npos &&
                          (string_[end] != ':' || is_web);
    if (!is_fixed) {
      refuse("begin the address with a fixed path, as in url('/images/…'), or with the value");
    }
  }
  string_has_value_ = true;
  return is_first ? Escape::style_address : Escape::component;
}

void StyleText::border() {
  if (escaped_ || (mode_ == Mode::plain && last_ == '/') ||
      (mode_ == Mode::comment && last_ == '*')) {
    lose("a section begins or ends directly behind '\\', '/' or '*'");
    return;
  }
  glued_ = glued_ || !word_.empty() || word_has_value_;
  word_.clear();
  last_ = ' ';
}

void StyleText::join(const StyleText& other) {
  const bool lost = mode_ == Mode::lost || other.mode_ == Mode::lost;
  const bool same = mode_ == other.mode_ && depth_ == other.depth_ && at_rule_ == other.at_rule_ &&
                    in_declaration_ == other.in_declaration_ && functions_ == other.functions_ &&
                    string_ == other.string_ && runs_ == other.runs_;
  if (lost || !same) {
    lose(lost ? (mode_ == Mode::lost ? reason_ : other.reason_) : sections_differ);
    return;
  }
  has_value_ = has_value_ || other.has_value_;
  word_has_value_ = word_has_value_ || other.word_has_value_;
  string_has_value_ = string_has_value_ || other.string_has_value_;
  glued_ = glued_ || other.glued_;
}

}  // namespace personalize
