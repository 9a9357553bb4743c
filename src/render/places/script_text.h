// Finds where in the text of a <script> a place of a template is: in an expression, in a string.
//
// A reduction of ECMAScript's lexical grammar to what matters for escaping. What a '/' begins, a
// regular expression or a division, depends on what stands before it, and cannot always be told
// without a parser: behind ')' and '}', for example. After such a '/' the place is lost, and no
// value can stand in the rest of the script. What follows a section is followed as if the section
// were there and as if it were not; where the two differ, the place is lost as well.
//
// For example, in `const user = {{profile}};` the characters up to `{{` are fed one by one; value()
// then answers Escape::script, since an expression can begin after '='.
#pragma once

#include <string>

#include "render/places/place.h"

namespace personalize {

class ScriptText {
 public:
  enum class Language : unsigned char { script, json };

  explicit ScriptText(Language language = Language::script) : language_(language) {}

  // Takes the next character. Throws MarkupError.
  void feed(char c);

  // Returns how a value at this place is written. Throws MarkupError if none can stand here.
  Escape value();

  // Notes that a section begins or ends here.
  void border();

  // Joins the place with `other`, from which it may be reached as well.
  void join(const ScriptText& other);

  friend bool operator==(const ScriptText& a, const ScriptText& b);

 private:
  enum class Mode : unsigned char {
    code,
    double_quoted,
    single_quoted,
    backquoted,
    line_comment,
    block_comment,
    regex,
    regex_class,
    lost,
  };
  // What stands before a place in code.
  enum class Before : unsigned char {
    statement,   // the end of a statement: an expression would be one of its own
    expression,  // an expression must follow
    either,      // an expression may follow
    operand,     // the end of an expression
    closed,      // ')' or '}': the end of an expression, or of something else
  };

  void feed_code(char c);
  void feed_json(char c);
  void feed_string(char c);
  void feed_comment(char c);
  void feed_regex(char c);
  void begin_slash(char next);
  void finish_word();
  void punctuate(char c);
  void lose(const char* reason);
  void begin_placeholder();
  void end_brace();
  void end_string();
  bool in_string() const;
  bool is_last(std::string_view text) const { return recent_ == text; }

  Language language_;
  Mode mode_ = Mode::code;
  Before before_ = Before::statement;
  const char* reason_ = nullptr;  // why it is lost
  bool escaped_ = false;          // in a string or regular expression, directly behind '\'
  bool dollar_ = false;           // in a template literal, directly behind '$'
  bool slash_ = false;            // in code, directly behind a '/' that may begin a comment
  bool glued_ = false;            // a section's border stands directly behind a word
  bool loads_ = false;            // behind `import`, `from` or the like: what follows is loaded
  bool has_value_ = false;        // the string contains a value
  bool has_markup_ = false;       // the string contains '<'
  unsigned dots_ = 0;             // '.' directly before
  std::string word_;              // the name, keyword or number directly before, or '/' and flags
  // Open ones. '{', or for "${" of a template literal '$', '<' if the literal has a '<', or 'v' if
  // it has a value.
  std::string braces_;
  std::string recent_;  // the last characters, of which some matter together
};

}  // namespace personalize
