// Where in an HTML page a place of a template stands: in text, in an attribute, in a script.
//
// A reduction of the tokenizer of the WHATWG HTML standard (section 13.2.5) to what decides about
// escaping. It runs over a template's own text when the configuration is read. It builds no tree,
// so that it cannot always know whether a place is inside <svg> or <math>: what a browser would
// read differently there is refused.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace personalize {

// What is wrong and the remedy; the caller adds where it stands.
class MarkupError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Escape : unsigned char {
  none,    // the value as it is
  html,    // text, or a quoted attribute
  url,     // inside a quoted attribute that holds a URL
  srcset,  // inside a srcset
};

class Markup {
 public:
  // The template's next character. Throws MarkupError.
  void feed(char c);

  // How a value that stands here is escaped. Throws MarkupError where it cannot be.
  Escape value();

  // A section begins here: from here on the text may stand or not.
  void branch();

  // The same place may be reached from here and from `other`: becomes the place that stands for
  // both. False where they differ.
  bool join(const Markup& other);

  // Inside the quotes of an attribute that holds one URL.
  bool in_url() const;
  // The text of that attribute before any value or section says what the URL's scheme is, or that
  // it is relative: no value can change it.
  bool url_begun() const;

  // The name of a start tag has just been read: what is fed next was not yet. "" elsewhere.
  std::string_view begun_element() const {
    return state_ == State::tag_name && !closing_ ? std::string_view(element_) : std::string_view();
  }

  // "inside the attribute \"title\"": for messages.
  std::string describe() const;
  bool in_text() const { return state_ == State::text; }

  friend bool operator==(const Markup& a, const Markup& b);

 private:
  enum class State : unsigned char {
    text,
    tag_open,
    end_tag_open,
    tag_name,
    between,  // where a name or a value may have ended: white space, '/' or '>' must follow
    apart,    // the same, and white space has followed: anything but '='
    before_name,
    name,
    after_name,
    before_value,
    double_quoted,
    single_quoted,
    unquoted,
    after_value,
    self_closing,
    declaration,  // after "<!"
    bogus_comment,
    comment_start,
    comment_start_dash,
    comment,
    comment_dash,
    comment_end,
    comment_end_bang,
    raw,  // the text of an element in which tags are not looked for
  };

  void feed_raw(char c);
  void feed_tag(char c);
  void feed_comment(char c);
  void begin_attribute(char c);
  void begin_value(State quotes);
  void finish_tag();
  void count_foreign();
  bool in_foreign() const;
  bool in_tag() const { return state_ >= State::tag_name && state_ <= State::self_closing; }
  bool in_value() const;
  bool is_url_attribute() const;
  [[noreturn]] void refuse_refresh() const;
  [[noreturn]] void refuse(const std::string& what) const;
  void check_value_attribute() const;
  void check_url_head() const;

  State state_ = State::text;
  bool closing_ = false;        // the tag is an end tag
  bool literal_ = false;        // raw: '<' stood in it and did not end it
  bool refresh_ = false;        // the tag is a <meta http-equiv>
  bool has_value_ = false;      // a value stood in an attribute of the tag
  bool head_ends_ = false;      // a value or section stood in the attribute
  unsigned foreign_ = 0;        // <svg> and <math> that are open
  bool leaves_foreign_ = true;  // their end tags are to be relied on
  std::string element_;         // of the tag, or of the raw text; lower case
  std::string attribute_;       // lower case
  std::string head_;            // URL attribute: its text before a value or section
  std::string pending_;         // declaration, or raw: the part of "</name" that stands so far
};

}  // namespace personalize
