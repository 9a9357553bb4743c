#include "render/places/markup.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

using ascii::is_letter;
using ascii::lower;
using ascii::starts_with;

// The tokenizer drops CR beforehand; here it is one more white space.
constexpr auto is_space = ascii::is_html_space;

// Elements whose text contains no tags for the tokenizer.
constexpr std::string_view raw_elements[] = {"script", "style",   "textarea", "title",    "xmp",
                                             "iframe", "noembed", "noframes", "plaintext"};

// Inside <svg> and <math> these contain HTML again, and an end tag of <svg> or <math> in them may
// be ignored. So does <title>, but its text contains no tags here.
constexpr std::string_view integration_points[] = {
    "foreignobject", "desc", "annotation-xml", "mi", "mo", "mn", "ms", "mtext"};

// Elements that have no end tag.
constexpr std::string_view void_elements[] = {"area",  "base",  "br",     "col",   "embed",
                                              "frame", "hr",    "img",    "input", "link",
                                              "meta",  "param", "source", "track", "wbr"};

// Types of <script> (HTML, section 4.12.1.1), in lower case. Of other types it is not known how
// they are read.
constexpr std::string_view script_types[] = {"", "module", "text/javascript",
                                             "application/javascript"};

bool is_json(std::string_view type) {
  return type == "application/json" ||
         (starts_with(type, "application/") && ascii::ends_with(type, "+json"));
}

// What an XHTML page reads in a script as a character that means something there, and an HTML page
// does not.
constexpr std::string_view xml_references[] = {"&quot", "&apos", "&lt", "&gt"};

}  // namespace

bool operator==(const Markup& a, const Markup& b) {
  return a.state_ == b.state_ && a.closing_ == b.closing_ && a.literal_ == b.literal_ &&
         a.foreign_ == b.foreign_ && a.leaves_foreign_ == b.leaves_foreign_ &&
         a.head_ends_ == b.head_ends_ && a.element_ == b.element_ && a.attribute_ == b.attribute_ &&
         a.head_ == b.head_ && a.pending_ == b.pending_ && a.reference_ == b.reference_ &&
         a.type_ == b.type_ && a.has_type_ == b.has_type_ && a.language_ == b.language_ &&
         a.script_ == b.script_ && a.style_ == b.style_ &&
         a.has_xml_reference_ == b.has_xml_reference_ && a.begins_candidate_ == b.begins_candidate_;
}

void Markup::feed(char c) {
  read_tag_.reset();
  if (state_ == State::text) {
    if (c == '<') {
      state_ = State::tag_open;
    }
  } else if (state_ == State::raw) {
    feed_raw(c);
  } else if (state_ >= State::declaration) {
    feed_comment(c);
  } else {
    feed_tag(c);
  }
}

void Markup::feed_tag(char c) {
  switch (state_) {
    case State::tag_open:
    case State::end_tag_open:
      if (is_letter(c)) {
        closing_ = state_ == State::end_tag_open;
        element_.assign(1, lower(c));
        refresh_ = false;
        has_value_ = false;
        type_.clear();
        has_type_ = is_type_unclear_ = false;
        state_ = State::tag_name;
      } else if (state_ == State::end_tag_open) {
        state_ = c == '>' ? State::text : State::bogus_comment;
      } else if (c == '/') {
        state_ = State::end_tag_open;
      } else if (c == '!') {
        pending_.clear();
        state_ = State::declaration;
      } else if (c == '?') {
        state_ = State::bogus_comment;
      } else {
        state_ = c == '<' ? State::tag_open : State::text;
      }
      break;
    case State::tag_name:
      if (is_space(c)) {
        state_ = State::before_name;
      } else if (c == '/') {
        state_ = State::self_closing;
      } else if (c == '>') {
        finish_tag();
      } else {
        element_ += lower(c);
      }
      break;
    case State::between:
    case State::apart:
      if (state_ == State::between ? !is_space(c) && c != '/' && c != '>' : c == '=') {
        throw MarkupError("a section among the attributes of <" + element_ +
                          "> needs white space at its beginning, and after it");
      }
      [[fallthrough]];
    case State::before_name:
    case State::after_value:
    case State::self_closing:
      if (c == '>') {
        if (state_ == State::self_closing && is_one_of(element_, raw_elements) && !closing_) {
          throw MarkupError("<" + element_ +
                            "/> is read differently inside and outside of <svg>: "
                            "write <" +
                            element_ + "></" + element_ + ">");
        }
        finish_tag();
      } else if (c == '/') {
        state_ = State::self_closing;
      } else if (is_space(c)) {
        state_ = State::before_name;
      } else {
        begin_attribute(c);
      }
      break;
    case State::name:
    case State::after_name:
      if (c == '>') {
        finish_tag();
      } else if (c == '/') {
        state_ = State::self_closing;
      } else if (c == '=') {
        state_ = State::before_value;
      } else if (is_space(c)) {
        state_ = State::after_name;
      } else if (state_ == State::after_name) {
        begin_attribute(c);
      } else {
        attribute_ += lower(c);
      }
      if (state_ != State::name && element_ == "meta" && attribute_ == "http-equiv") {
        if (has_value_) {
          refuse_refresh();
        }
        refresh_ = true;
      }
      break;
    case State::before_value:
      if (c == '"') {
        begin_value(State::double_quoted);
      } else if (c == '\'') {
        begin_value(State::single_quoted);
      } else if (c == '>') {
        finish_tag();
      } else if (!is_space(c)) {
        begin_value(State::unquoted);
        read_type(c);
      }
      break;
    case State::double_quoted:
    case State::single_quoted:
      if (c == (state_ == State::double_quoted ? '"' : '\'')) {
        if (is_address(use_)) {
          finish_reference();
        }
        begin_value(State::after_value);
      } else if (is_address(use_)) {
        feed_address(c);
      } else {
        feed_value(c);
      }
      break;
    default:  // unquoted
      if (is_space(c)) {
        state_ = State::before_name;
      } else if (c == '>') {
        finish_tag();
      } else {
        read_type(c);
      }
  }
  if (state_ == State::before_name || state_ == State::after_value ||
      state_ == State::self_closing) {
    attribute_.clear();
  }
}

void Markup::begin_attribute(char c) {
  attribute_.assign(1, lower(c));
  state_ = State::name;
}

void Markup::begin_value(State quotes) {
  state_ = quotes;
  use_ = use_of(element_, attribute_);
  head_.clear();
  head_ends_ = false;
  in_query_ = false;
  has_address_value_ = false;
  percent_digits_ = 0;
  reference_.clear();
  odd_reference_.clear();
  const bool begins = quotes != State::after_value;
  style_ = StyleText(begins && use_ == AttributeUse::style);
  begins_candidate_ = begins && use_ == AttributeUse::srcset;
  if (begins && (element_ == "script" || element_ == "style")) {
    is_type_unclear_ =
        is_type_unclear_ || attribute_ == "language" || (attribute_ == "type" && has_type_);
    has_type_ = has_type_ || attribute_ == "type";
  }
}

// Follows the value of an attribute that is no address.
void Markup::feed_value(char c) {
  if (use_ == AttributeUse::style) {
    if (c == '&') {
      style_.lose("a character reference stands before it: write the character");
    }
    style_.feed(c);
  }
  if (use_ == AttributeUse::srcset) {
    begins_candidate_ = c == ',' || (begins_candidate_ && is_space(c));
  }
  read_type(c);
}

// Takes note of what a script or style sheet says that it is.
void Markup::read_type(char c) {
  if (has_type_ && attribute_ == "type") {
    type_ += lower(c);
  }
}

// Counts open <svg> and <math>, in which the text of all elements is read as markup.
void Markup::count_foreign() {
  const bool root = element_ == "svg" || element_ == "math";
  if (root && closing_) {
    foreign_ -= foreign_ > 0 ? 1 : 0;
  } else if (root && state_ != State::self_closing) {
    ++foreign_;
  } else if (foreign_ > 0 && is_one_of(element_, integration_points)) {
    leaves_foreign_ = false;
  }
}

bool Markup::in_foreign() const {
  return foreign_ > 0 || !leaves_foreign_;
}

// Only in foreign content "/>" ends an element. An end tag without its beginning ends something of
// the page, or nothing.
void Markup::note_tag() {
  const bool is_foreign = foreign_ > 0 || element_ == "svg" || element_ == "math";
  if (is_foreign ? !closing_ && state_ == State::self_closing
                 : is_one_of(element_, void_elements)) {
    return;
  }
  read_tag_ = Tag{element_, closing_};
  if (!closing_) {
    open_.push_back(element_);
    return;
  }
  const auto last = std::find(open_.rbegin(), open_.rend(), element_);
  if (last != open_.rend()) {
    open_.erase(last.base() - 1, open_.end());
  }
}

void Markup::finish_tag() {
  note_tag();
  count_foreign();
  const bool raw = !closing_ && is_one_of(element_, raw_elements);
  state_ = raw ? State::raw : State::text;
  literal_ = false;
  pending_.clear();
  attribute_.clear();
  refresh_ = false;
  has_value_ = false;
  if (raw) {
    begin_raw();
  } else {
    element_.clear();
    closing_ = false;
    language_ = Language::unknown;
  }
  type_.clear();
  has_type_ = is_type_unclear_ = false;
}

void Markup::begin_raw() {
  language_ = Language::unknown;
  xml_reference_.clear();
  has_xml_reference_ = false;
  script_ = ScriptText();
  style_ = StyleText();
  if (is_type_unclear_ || in_foreign()) {
    return;
  }
  const auto type = ascii::trim_html_space(type_);
  if (element_ == "style" && (type.empty() || type == "text/css")) {
    language_ = Language::style;
  } else if (element_ == "script" && (is_one_of(type, script_types) || is_json(type))) {
    language_ = Language::script;
    script_ = ScriptText(is_json(type) ? ScriptText::Language::json : ScriptText::Language::script);
  }
}

void Markup::feed_language(std::string_view text) {
  for (const char c : text) {
    if (language_ == Language::script) {
      script_.feed(c);
    } else if (language_ == Language::style) {
      style_.feed(c);
    }
    const bool continues = !xml_reference_.empty() && (is_letter(c) || c == '#');
    if (c == '&' || continues) {
      xml_reference_ += c;
    } else {
      xml_reference_.clear();
    }
    has_xml_reference_ =
        has_xml_reference_ || xml_reference_ == "&#" || is_one_of(xml_reference_, xml_references);
  }
}

void Markup::feed_raw(char c) {
  const std::string end_tag = "</" + element_;
  if (pending_ == end_tag && (is_space(c) || c == '/' || c == '>')) {
    pending_.clear();
    literal_ = false;
    closing_ = true;
    script_ = ScriptText();
    style_ = StyleText();
    has_xml_reference_ = false;
    state_ = State::tag_name;
    feed_tag(c);
    return;
  }
  const std::string next = pending_ + lower(c);
  const bool begins_comment = element_ == "script" && starts_with("<!--", next);
  if (begins_comment && next.size() == 4) {
    throw MarkupError(
        "\"<!--\" inside <script> changes where the script ends: leave it out, or write "
        "\"\\x3c!--\" in strings");
  }
  if (begins_comment || starts_with(end_tag, next)) {
    pending_ = next;
    return;
  }
  literal_ = literal_ || !pending_.empty();
  if (literal_ && in_foreign()) {
    throw MarkupError("\"<\" in the text of <" + element_ +
                      "> is read differently inside and outside of <svg> and <math>: move the "
                      "element before them");
  }
  feed_language(pending_);
  pending_.assign(c == '<' ? "<" : "");
  if (c != '<') {
    feed_language({&c, 1});
  }
}

void Markup::feed_comment(char c) {
  switch (state_) {
    case State::declaration:
      if (c == '>') {
        state_ = State::text;
        pending_.clear();
        break;
      }
      pending_ += c;
      if (pending_ == "--") {
        state_ = State::comment_start;
        pending_.clear();
      } else if (pending_ == "[") {
        throw MarkupError(
            "a CDATA section is read differently inside and outside of <svg>: write references "
            "such as &lt; instead");
      } else if (pending_ != "-") {
        state_ = State::bogus_comment;
        pending_.clear();
      }
      break;
    case State::bogus_comment:
      if (c == '>') {
        state_ = State::text;
      }
      break;
    case State::comment_start:
    case State::comment_start_dash:
      if (c == '>') {
        state_ = State::text;
      } else if (c == '-') {
        state_ = state_ == State::comment_start ? State::comment_start_dash : State::comment_end;
      } else {
        state_ = State::comment;
      }
      break;
    case State::comment:
      if (c == '-') {
        state_ = State::comment_dash;
      }
      break;
    case State::comment_dash:
      state_ = c == '-' ? State::comment_end : State::comment;
      break;
    case State::comment_end:
      if (c == '>') {
        state_ = State::text;
      } else if (c == '!') {
        state_ = State::comment_end_bang;
      } else if (c != '-') {
        state_ = State::comment;
      }
      break;
    default:  // comment_end_bang
      if (c == '>') {
        state_ = State::text;
      } else {
        state_ = c == '-' ? State::comment_dash : State::comment;
      }
  }
}

bool Markup::in_value() const {
  return state_ == State::double_quoted || state_ == State::single_quoted;
}

bool Markup::in_url() const {
  return in_value() && is_address(use_);
}

void Markup::branch() {
  // All iterations of a section begin alike.
  if (state_ == State::tag_name || state_ == State::name || state_ == State::after_value) {
    state_ = State::between;
  } else if (state_ == State::after_name) {
    state_ = State::apart;
  }
  if (state_ == State::between || state_ == State::apart) {
    attribute_.clear();
  }
  if (in_url()) {
    check_address_head();
    check_percent();
  }
  head_ends_ = head_ends_ || in_value();
  begins_candidate_ = begins_candidate_ && !in_value();
  script_.border();
  style_.border();
  has_xml_reference_ = has_xml_reference_ || !xml_reference_.empty();
}

// Joins what is known of the texts of scripts, style sheets and srcsets.
void Markup::join_text(const Markup& other) {
  script_.border();
  script_.join(other.script_);
  style_.border();
  style_.join(other.style_);
  has_xml_reference_ = has_xml_reference_ || other.has_xml_reference_ || !xml_reference_.empty();
  begins_candidate_ = begins_candidate_ && other.begins_candidate_;
}

bool Markup::in_language() const {
  return (state_ == State::raw && language_ != Language::unknown) ||
         (in_value() && use_ == AttributeUse::style);
}

void Markup::widen(const Markup& other) {
  join_text(other);
}

bool Markup::join(const Markup& other) {
  is_open_unclear_ = is_open_unclear_ || other.is_open_unclear_ || open_ != other.open_;
  check_percent();
  other.check_percent();
  is_type_unclear_ = is_type_unclear_ || other.is_type_unclear_ || type_ != other.type_ ||
                     has_type_ != other.has_type_;
  refresh_ = refresh_ || other.refresh_;
  has_value_ = has_value_ || other.has_value_;
  has_address_value_ = has_address_value_ || other.has_address_value_;
  in_query_ = in_query_ && other.in_query_;
  Markup joined = other;
  joined.type_ = type_;
  joined.has_type_ = has_type_;
  if (state_ == other.state_) {
    join_text(other);
    joined.script_ = script_;
    joined.style_ = style_;
    joined.has_xml_reference_ = has_xml_reference_;
    joined.begins_candidate_ = begins_candidate_;
  }
  if (*this == joined) {
    return true;
  }
  const auto is_apart = [](State s) {
    return s == State::before_name || s == State::after_name || s == State::apart;
  };
  const auto is_between = [&](State s) {
    return is_apart(s) || s == State::between || s == State::tag_name || s == State::name ||
           s == State::after_value;
  };
  if (!is_between(state_) || !is_between(other.state_) || element_ != other.element_ ||
      closing_ != other.closing_ || foreign_ != other.foreign_ ||
      leaves_foreign_ != other.leaves_foreign_) {
    return false;
  }
  state_ = is_apart(state_) && is_apart(other.state_) ? State::apart : State::between;
  attribute_.clear();
  return true;
}

std::string Markup::describe() const {
  const std::string tag = (closing_ ? "</" : "<") + element_ + ">";
  switch (state_) {
    case State::text:
      return foreign_ > 0 ? "in <svg> or <math>" : "in text";
    case State::tag_open:
    case State::end_tag_open:
      return "after \"<\"";
    case State::tag_name:
      return "in a tag name";
    case State::between:
    case State::apart:
    case State::before_name:
    case State::name:
    case State::after_name:
    case State::after_value:
    case State::self_closing:
      return "among the attributes of " + tag;
    case State::before_value:
    case State::double_quoted:
    case State::single_quoted:
    case State::unquoted:
      return "in the attribute \"" + attribute_ + "\" of " + tag;
    case State::raw:
      return "in " + tag;
    default:
      return "in a comment or declaration";
  }
}

}  // namespace personalize
