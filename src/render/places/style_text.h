// Finds where in CSS a place of a template is: in the value of a declaration, in a string.
//
// A reduction of CSS Syntax (https://www.w3.org/TR/css-syntax-3/) to what matters for escaping.
// Where a '\' outside of a string or a section makes it uncertain how the text is read, the place
// is lost, and no value can stand in the rest of it.
//
// For example, in `.bar { width: {{x}}px }` the characters up to `{{x` are fed one by one; value()
// then answers Escape::style, since a declaration's ':' stands before it.
#pragma once

#include <string>

#include "render/places/place.h"

namespace personalize {

class StyleText {
 public:
  // `in_attribute`: the text is that of a style attribute, which has declarations alone.
  explicit StyleText(bool in_attribute = false) : depth_(in_attribute ? 1 : 0) {}

  // Takes the next character. Throws MarkupError.
  void feed(char c);

  // Returns how a value at this place is escaped. Throws MarkupError if none can stand here.
  Escape value();

  // Notes that a section begins or ends here.
  void border();

  // Joins the place with `other`, from which it may be reached as well.
  void join(const StyleText& other);

  // Gives up: values cannot stand in the rest of it, for this reason.
  void lose(const char* reason);

  friend bool operator==(const StyleText& a, const StyleText& b);

 private:
  enum class Mode : unsigned char {
    plain,
    comment,
    double_quoted,
    single_quoted,
    address_begin,  // behind "url(" and blanks
    address,        // one without quotes
    lost,
  };

  void feed_plain(char c);
  void feed_string(char c);
  void open_parenthesis();
  void end_word();
  void end_declaration();
  void begin_string(char quote);
  bool in_string() const { return mode_ == Mode::double_quoted || mode_ == Mode::single_quoted; }
  bool in_address_function() const { return !functions_.empty() && functions_.back() == 'u'; }
  Escape string_value();

  Mode mode_ = Mode::plain;
  const char* reason_ = nullptr;  // why it is lost
  unsigned depth_;                // of braces
  bool at_rule_ = false;          // in what stands between '@' and '{' or ';'
  bool in_declaration_ = false;   // behind its ':'
  bool runs_ = false;             // of a property, or with a function, that may run something
  bool has_value_ = false;        // the declaration contains a value
  bool word_has_value_ = false;   // the word directly before does
  bool glued_ = false;            // a section's border stands directly behind a word
  bool escaped_ = false;          // in a string, directly behind '\'
  bool string_has_value_ = false;
  char last_ = ' ';        // the last character
  std::string word_;       // directly before, in lower case
  std::string functions_;  // open parentheses: 'u' of a function that takes addresses, '('
  std::string string_;     // what the string has so far, of fixed text
};

}  // namespace personalize
