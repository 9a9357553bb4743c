// Finds where in an HTML page a place of a template is: in text, in an attribute, in a script.
//
// A reduction of the tokenizer of the WHATWG's HTML standard (section 13.2.5) to what matters for
// escaping. It runs over the template's own text when the configuration is read. It builds no tree,
// and so cannot always know whether a place is inside <svg> or <math>: what a browser would read
// differently there is refused.
//
// For example, in `<a href="/p?q={{x}}">` the characters up to `{{` are fed one by one; value()
// then answers Escape::url, since the state is double_quoted, and href holds an address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "render/places/attribute_use.h"
#include "render/places/place.h"
#include "render/places/script_text.h"
#include "render/places/style_text.h"

namespace personalize {

class Markup {
 public:
  // Takes the template's next character. Throws MarkupError.
  void feed(char c);

  // Returns how a value at this place is escaped. Throws MarkupError if no value can stand here.
  Escape value();

  // Notes that a section begins here: what follows may be there or not.
  void branch();

  // Joins the place with `other`, from which it may be reached as well. Returns false if the two
  // differ in what matters.
  bool join(const Markup& other);

  // Returns whether the place is in a script, a block of JSON or a style sheet.
  bool in_language() const;
  // Joins two places in one of them: what follows is valid for both.
  void widen(const Markup& other);

  // Returns whether the place is inside the quotes of an attribute that holds one address.
  bool in_url() const;
  // Returns what the values of that attribute must be checked for, by its fixed text before any
  // value or section.
  AddressCheck address_check() const;

  // Returns the name of a start tag, if what is fed next is the first character after it; ""
  // otherwise.
  std::string_view begun_element() const {
    return state_ == State::tag_name && !closing_ ? std::string_view(element_) : std::string_view();
  }

  // The tag that the last character ended, if it begins or ends an element that has an end tag.
  struct Tag {
    std::string element;  // in lower case
    bool is_end = false;
  };
  const std::optional<Tag>& read_tag() const { return read_tag_; }

  // Returns the name of the outermost element that the place is in; "" if there is none, "?" if
  // sections decide about it.
  std::string_view outermost() const {
    return is_open_unclear_ ? "?" : open_.empty() ? std::string_view() : open_.front();
  }

  // Returns "in the attribute \"title\" of <p>", for messages.
  std::string describe() const;
  bool in_text() const { return state_ == State::text; }
  bool in_comment() const { return state_ >= State::comment_start && state_ < State::raw; }

  friend bool operator==(const Markup& a, const Markup& b);

 private:
  enum class State : unsigned char {
    text,
    tag_open,
    end_tag_open,
    tag_name,
    between,  // a name or a value may have ended: white space, '/' or '>' must follow
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
    raw,  // the text of an element that contains no tags
  };
  // What the text of an element or attribute is read as.
  enum class Language : unsigned char { unknown, script, style };

  void feed_raw(char c);
  void feed_language(std::string_view text);
  void begin_raw();
  void read_type(char c);
  void join_text(const Markup& other);
  void feed_tag(char c);
  void feed_comment(char c);
  void begin_attribute(char c);
  void begin_value(State quotes);
  void feed_value(char c);
  void feed_address(char c);
  void finish_reference();
  void count_percent(std::uint32_t code);
  void check_percent() const;
  void finish_tag();
  void count_foreign();
  void note_tag();
  bool in_foreign() const;
  bool in_tag() const { return state_ >= State::tag_name && state_ <= State::self_closing; }
  bool in_value() const;
  [[noreturn]] void refuse_refresh() const;
  [[noreturn]] void refuse_reference() const;
  [[noreturn]] void refuse(const std::string& what) const;
  Escape raw_value();
  Escape attribute_value();
  void check_address_head() const;
  Escape address_value();

  State state_ = State::text;
  bool closing_ = false;                   // the tag is an end tag
  bool literal_ = false;                   // raw: a '<' in it did not end it
  bool refresh_ = false;                   // the tag is a <meta http-equiv>
  bool has_value_ = false;                 // an attribute of the tag contains a value
  bool head_ends_ = false;                 // the attribute contains a value or section
  unsigned foreign_ = 0;                   // <svg> and <math> that are open
  bool leaves_foreign_ = true;             // their end tags are reliable
  AttributeUse use_ = AttributeUse::text;  // of the attribute whose value is read
  std::string element_;                    // of the tag, or of the raw text; lower case
  std::optional<Tag> read_tag_;
  std::vector<std::string> open_;   // elements without their end tags so far, outermost first
  bool is_open_unclear_ = false;    // a section decides about them
  std::string attribute_;           // lower case
  bool in_query_ = false;           // of an address: its fixed text has a '?' or '#'
  bool has_address_value_ = false;  // a value stood in the address
  unsigned percent_digits_ = 0;     // of an address: digits that a '%' before it lacks
  std::string reference_;           // of an address: the part of a character reference so far
  std::string odd_reference_;       // a reference that address.h does not decode
  std::string head_;                // of an address: its text before a value or section
  std::string pending_;             // declaration, or raw: the part of "</name" so far
  std::string type_;                // of a <script> or <style>: its type attribute
  bool has_type_ = false;
  bool is_type_unclear_ = false;           // a section or another attribute decides about it
  bool begins_candidate_ = false;          // of a srcset: a candidate begins here
  Language language_ = Language::unknown;  // of raw text
  ScriptText script_;                      // where in it
  StyleText style_;                        // the same, or where in a style attribute
  std::string xml_reference_;              // raw: the part of a character reference of XML so far
  bool has_xml_reference_ = false;         // raw: one that matters to scripts and styles
};

}  // namespace personalize
