#include "render/places/script_text.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr std::size_t longest_keyword = 13;

// After these an expression begins.
constexpr std::string_view operators[] = {"case", "delete", "do",    "else",   "in",  "instanceof",
                                          "new",  "return", "throw", "typeof", "void"};
// After these one may begin.
constexpr std::string_view may_be_operators[] = {
    "await", "break", "continue", "debugger", "default", "extends", "finally", "of", "yield"};

// What follows these, or stands in their parentheses, is the address of code.
constexpr std::string_view loaders[] = {"import", "from", "importScripts", "Worker",
                                        "SharedWorker"};

bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

bool is_word(char c) {
  return ascii::is_letter(c) || ascii::is_digit(c) || c == '_' || c == '$' || is_beyond_ascii(c);
}

constexpr const char* sections_differ =
    "the section before it leaves the script in another state than it found it in: put whole "
    "expressions or statements into sections";

}  // namespace

bool operator==(const ScriptText& a, const ScriptText& b) {
  return a.language_ == b.language_ && a.mode_ == b.mode_ && a.before_ == b.before_ &&
         a.escaped_ == b.escaped_ && a.dollar_ == b.dollar_ && a.slash_ == b.slash_ &&
         a.glued_ == b.glued_ && a.loads_ == b.loads_ && a.has_value_ == b.has_value_ &&
         a.has_markup_ == b.has_markup_ && a.dots_ == b.dots_ && a.word_ == b.word_ &&
         a.braces_ == b.braces_;
}

void ScriptText::feed(char c) {
  const Mode mode = mode_;
  switch (mode_) {
    case Mode::code:
      if (language_ == Language::json) {
        feed_json(c);
      } else {
        feed_code(c);
      }
      break;
    case Mode::double_quoted:
    case Mode::single_quoted:
    case Mode::backquoted:
      feed_string(c);
      break;
    case Mode::line_comment:
    case Mode::block_comment:
      feed_comment(c);
      break;
    case Mode::regex:
    case Mode::regex_class:
      feed_regex(c);
      break;
    case Mode::lost:
      return;
  }
  if (mode_ != mode) {
    recent_.clear();  // "/*/" does not end a comment
    return;
  }
  constexpr std::size_t most = 2;
  recent_ += c;
  recent_.erase(0, recent_.size() > most ? recent_.size() - most : 0);
}

void ScriptText::feed_json(char c) {
  if (ascii::is_html_space(c)) {
    return;
  }
  switch (c) {
    case '"':
      mode_ = Mode::double_quoted;
      break;
    case ':':
    case ',':
    case '[':
      before_ = Before::expression;
      break;
    case '\'':
    case '/':
    case '`':
      lose("what stands before it is not JSON");
      break;
    default:
      before_ = Before::operand;
  }
}

void ScriptText::feed_code(char c) {
  if (slash_) {
    slash_ = false;
    begin_slash(c);
    if (mode_ != Mode::code) {
      return;
    }
  }
  if (is_word(c)) {
    if (is_beyond_ascii(c)) {
      word_.assign(1, c);
    } else if (word_.size() <= longest_keyword) {
      word_ += c;
    }
    return;
  }
  finish_word();
  glued_ = false;
  if (c != '.') {
    if (ascii::is_html_space(c)) {
      return;
    }
    dots_ = 0;
  }
  punctuate(c);
}

// Decides what a '/' was, by what stands before and after it.
void ScriptText::begin_slash(char next) {
  if (next == '/') {
    mode_ = Mode::line_comment;
  } else if (next == '*') {
    mode_ = Mode::block_comment;
  } else if (before_ == Before::operand) {
    before_ = Before::expression;
  } else if (before_ == Before::either || before_ == Before::closed) {
    lose(
        "a '/' before it may begin a regular expression or be a division, which cannot be told "
        "there: move the value into a constant before it");
  } else {
    mode_ = Mode::regex;
    escaped_ = false;
    feed_regex(next);
  }
}

void ScriptText::finish_word() {
  if (word_.empty()) {
    return;
  }
  loads_ = is_one_of(word_, loaders);
  // A part of a word that a section has broken; or what may be a letter, or a blank.
  if (glued_ || is_beyond_ascii(word_.front())) {
    before_ = Before::either;
  } else if (dots_ == 1 || dots_ == 2) {
    before_ = Before::operand;  // a member, whatever it is called
  } else {
    before_ = is_one_of(word_, operators)          ? Before::expression
              : is_one_of(word_, may_be_operators) ? Before::either
                                                   : Before::operand;
  }
  dots_ = 0;
  word_.clear();
}

void ScriptText::punctuate(char c) {
  loads_ = loads_ && (c == '(' || c == '"' || c == '\'' || c == '`' || c == '/');
  switch (c) {
    case '"':
      mode_ = Mode::double_quoted;
      break;
    case '\'':
      mode_ = Mode::single_quoted;
      break;
    case '`':
      mode_ = Mode::backquoted;
      break;
    case '/':
      slash_ = true;
      break;
    case '\\':
      lose("a '\\' outside of a string stands before it");
      break;
    case '.':
      ++dots_;
      before_ = dots_ == 3 ? Before::either : Before::operand;
      break;
    case ')':
      before_ = Before::closed;
      break;
    case ']':
      before_ = Before::operand;
      break;
    case '{':
      braces_ += c;
      before_ = Before::statement;
      break;
    case '}':
      end_brace();
      break;
    case ';':
      before_ = Before::statement;
      break;
    case '>':
      if (is_last("--")) {
        lose("\"-->\" before it may begin a comment: put a blank into it");
        break;
      }
      before_ = Before::expression;
      break;
    case '+':
    case '-':
      // Before an operand or after it: a++ / 2, or ++/x/.y.
      before_ = !recent_.empty() && recent_.back() == c ? Before::either : Before::expression;
      break;
    default:
      before_ = Before::expression;
  }
}

void ScriptText::begin_placeholder() {
  braces_ += has_markup_ ? '<' : has_value_ ? 'v' : '$';
  has_markup_ = has_value_ = false;
  mode_ = Mode::code;
  before_ = Before::expression;
}

void ScriptText::end_brace() {
  const char begin = braces_.empty() ? '{' : braces_.back();
  if (!braces_.empty()) {
    braces_.pop_back();
  }
  if (begin == '{') {
    before_ = Before::closed;
    return;
  }
  mode_ = Mode::backquoted;
  has_markup_ = begin == '<';
  has_value_ = begin == 'v';
}

bool ScriptText::in_string() const {
  return mode_ == Mode::double_quoted || mode_ == Mode::single_quoted || mode_ == Mode::backquoted;
}

void ScriptText::feed_string(char c) {
  has_markup_ = has_markup_ || c == '<';
  if (has_markup_ && has_value_) {
    throw MarkupError(
        "a value cannot stand in a string of markup in <script>: no escaping is safe for all that "
        "can become of it; make elements of it, and set their textContent");
  }
  if (escaped_) {
    // "\" and CR LF are one line continuation.
    escaped_ = dollar_ = false;
    return;
  }
  const bool continues = c == '\n' && is_last("\\\r");
  const bool after_dollar = dollar_;
  dollar_ = c == '$' && mode_ == Mode::backquoted;
  if (c == '\\') {
    escaped_ = true;
  } else if ((c == '\n' || c == '\r') && mode_ != Mode::backquoted && !continues) {
    lose("a string before it is not closed in its line");
  } else if (c == '{' && after_dollar) {
    begin_placeholder();
  } else if (c == (mode_ == Mode::double_quoted   ? '"'
                   : mode_ == Mode::single_quoted ? '\''
                                                  : '`')) {
    end_string();
  }
}

void ScriptText::end_string() {
  mode_ = Mode::code;
  before_ = Before::operand;
  has_value_ = has_markup_ = loads_ = false;
  dots_ = 0;
}

void ScriptText::feed_comment(char c) {
  if (mode_ == Mode::line_comment) {
    if (c == '\n' || c == '\r') {
      mode_ = Mode::code;
    } else if (is_last("\xE2\x80") && (c == '\xA8' || c == '\xA9')) {
      lose("a line separator (U+2028 or U+2029) in a comment before it ends the comment");
    }
  } else if (c == '/' && !recent_.empty() && recent_.back() == '*') {
    mode_ = Mode::code;
  }
}

void ScriptText::feed_regex(char c) {
  if (escaped_) {
    escaped_ = false;
  } else if (c == '\\') {
    escaped_ = true;
  } else if (c == '\n' || c == '\r') {
    lose("a regular expression before it is not closed in its line");
  } else if (c == '[') {
    mode_ = Mode::regex_class;
  } else if (c == ']') {
    mode_ = Mode::regex;
  } else if (c == '/' && mode_ == Mode::regex) {
    mode_ = Mode::code;
    word_ = c;  // with its flags it is no keyword, but an operand
  }
}

void ScriptText::lose(const char* reason) {
  mode_ = Mode::lost;
  before_ = Before::statement;
  reason_ = reason;
  escaped_ = dollar_ = slash_ = glued_ = loads_ = has_value_ = has_markup_ = false;
  dots_ = 0;
  word_.clear();
  braces_.clear();
  recent_.clear();
}

Escape ScriptText::value() {
  if (mode_ == Mode::lost) {
    throw MarkupError("a value cannot stand here in <script>: " + std::string(reason_));
  }
  if (loads_ || is_one_of(word_, loaders)) {
    throw MarkupError(
        "a value cannot choose the code that a script loads: write the address into the script");
  }
  if (in_string()) {
    if (escaped_ || dollar_) {
      throw MarkupError("a value cannot stand directly behind '\\' or '$' in a string of <script>");
    }
    has_value_ = true;
    if (has_markup_) {
      feed_string('<');  // refuses it
    }
    recent_.clear();
    return Escape::script_string;
  }
  if (mode_ != Mode::code) {
    throw MarkupError(
        "a value cannot stand in a comment or regular expression of <script>; {{! … }} is a "
        "comment that is not sent");
  }
  const bool glued = glued_ || slash_ || !word_.empty();
  finish_word();
  if (glued || before_ == Before::operand || before_ == Before::closed ||
      (before_ == Before::statement && language_ == Language::script)) {
    throw MarkupError(
        "a value of a script is a literal, and can stand only where an expression begins, as in "
        "\"const value = {{…}};\" and \"f({{…}})\"; inside of a string, quotes must be around the "
        "string");
  }
  before_ = Before::operand;
  dots_ = 0;
  recent_.clear();
  return language_ == Language::json ? Escape::json : Escape::script;
}

void ScriptText::border() {
  if (escaped_ || dollar_ || slash_) {
    lose("a section begins or ends directly behind '\\', '$' or '/'");
    return;
  }
  if (mode_ == Mode::code) {
    const bool in_word = !word_.empty();
    finish_word();
    glued_ = glued_ || in_word;
  }
  // What could be the beginning of "*/", "-->", "++" or "...".
  const char last = recent_.empty() ? ' ' : recent_.back();
  const bool is_part = (mode_ == Mode::block_comment && last == '*') ||
                       (mode_ == Mode::code && (last == '-' || last == '+' || last == '.')) ||
                       mode_ == Mode::regex || mode_ == Mode::regex_class;
  if (is_part) {
    lose("a section begins or ends inside of an operator, a comment or a regular expression");
    return;
  }
  recent_.clear();
}

void ScriptText::join(const ScriptText& other) {
  glued_ = glued_ || other.glued_;
  has_value_ = has_value_ || other.has_value_;
  has_markup_ = has_markup_ || other.has_markup_;
  if (mode_ == Mode::lost || other.mode_ == Mode::lost) {
    lose(mode_ == Mode::lost ? reason_ : other.reason_);
    return;
  }
  if (mode_ != other.mode_ || braces_ != other.braces_) {
    lose(sections_differ);
    return;
  }
  dots_ = 0;
  before_ = before_ == other.before_ ? before_ : Before::either;
}

}  // namespace personalize
