// Decides what a value may do at a place of a template, and how it is escaped there.
#include <algorithm>
#include <cstdint>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "render/escaping/address.h"
#include "render/places/markup.h"

namespace personalize {

namespace {

bool contains(std::string_view s, std::string_view part) {
  return s.find(part) != std::string_view::npos;
}

// Returns whether character references are decoded in the raw text element.
bool is_escapable(std::string_view element) {
  return element == "textarea" || element == "title";
}

constexpr std::string_view address_delimiters = ":/\\?#";

bool is_slash(char c) {
  return c == '/' || c == '\\';
}

}  // namespace

void Markup::refuse_refresh() const {
  throw MarkupError(
      "a value cannot stand in a <meta http-equiv>: it steers the browser, and only fixed text can "
      "stand there");
}

void Markup::refuse(const std::string& what) const {
  throw MarkupError("a value cannot stand " + describe() + ": " + what);
}

Escape Markup::value() {
  switch (state_) {
    case State::text:
      return Escape::html;
    case State::raw:
      return raw_value();
    case State::double_quoted:
    case State::single_quoted:
      return attribute_value();
    case State::before_value:
    case State::unquoted:
      refuse("put the attribute's value in quotes: " + attribute_ + "=\"…\"");
    case State::tag_open:
    case State::end_tag_open:
    case State::tag_name:
      refuse("tag names are fixed; use a section around the whole element");
    case State::between:
    case State::apart:
    case State::before_name:
    case State::name:
    case State::after_name:
    case State::after_value:
    case State::self_closing:
      refuse(
          "attribute names are fixed; put it in a quoted attribute value, or use a section around "
          "the attribute");
    default:
      refuse("it would be of no use there; {{! … }} is a comment that is not sent");
  }
}

Escape Markup::raw_value() {
  if (is_escapable(element_)) {
    if (literal_ || !pending_.empty()) {
      refuse("\"<\" stands before it there; write it as &lt;");
    }
    return Escape::html;
  }
  if (language_ == Language::unknown) {
    const bool is_text = element_ == "script" || element_ == "style";
    refuse(!is_text       ? "no escaping is safe there; use an attribute or text"
           : in_foreign() ? "inside of <svg> and <math> its text is read as markup; put it outside"
                          : "its type must be fixed, and that of a script, of JSON or of CSS; put "
                            "it in an attribute such as data-value=\"…\" and read it from there");
  }
  if (!pending_.empty() || !xml_reference_.empty()) {
    refuse("it is directly behind '<' or '&'; put a blank between them");
  }
  if (has_xml_reference_) {
    refuse(
        "references such as &quot; and &#34; before it are characters in XHTML, and not in HTML; "
        "write the characters");
  }
  return language_ == Language::script ? script_.value() : style_.value();
}

Escape Markup::attribute_value() {
  if (refresh_) {
    refuse_refresh();
  }
  has_value_ = true;
  switch (use_) {
    case AttributeUse::text:
      return Escape::html;
    case AttributeUse::srcset: {
      const bool begins = begins_candidate_;
      begins_candidate_ = false;
      return begins ? Escape::candidates : Escape::srcset;
    }
    case AttributeUse::address:
    case AttributeUse::code_address:
    case AttributeUse::frame_address:
      return address_value();
    case AttributeUse::script:
      refuse(
          "it is a script, for which no escaping is safe; put it in an attribute such as "
          "data-value=\"…\" and read it from there");
    case AttributeUse::style:
      return style_.value();
    case AttributeUse::page:
      refuse("it is a page of its own, for which no escaping is safe");
    case AttributeUse::loading:
      refuse("it decides about what is loaded and run; only fixed text can stand there");
    case AttributeUse::sandbox:
      refuse("it decides about what can run; only fixed text can stand there");
    case AttributeUse::animation:
      refuse("it can change other attributes, links too; only fixed text can stand there");
  }
  return Escape::html;
}

Escape Markup::address_value() {
  if (!odd_reference_.empty()) {
    refuse_reference();
  }
  check_address_head();
  check_percent();
  head_ends_ = true;
  has_address_value_ = true;
  if (use_ == AttributeUse::address) {
    return Escape::url;  // which of the two, the values before it decide
  }
  if (!in_query_) {
    return Escape::segment;
  }
  if (use_ == AttributeUse::code_address) {
    refuse(
        "it loads what runs in the page; a value can be one segment of its path, as in "
        "\"/widgets/{{…}}.js\", and nothing after '?' or '#'");
  }
  return Escape::component;
}

// Checks the text of an address before its first value or section.
void Markup::check_address_head() const {
  if (!reference_.empty()) {
    refuse(
        "it could become part of a character reference: write &amp; for \"&\", and end "
        "references with ';'");
  }
  if (head_ends_) {
    return;  // was checked when it ended
  }
  const auto begins = head_.find_first_of(address_delimiters);
  if (contains(std::string_view(head_).substr(0, begins), "&")) {
    refuse("write the beginning of its URL without character references");
  }
  const std::string head = ascii::lowered(decode_address(head_));
  const auto end = head.find_first_of(address_delimiters);
  const std::string scheme =
      end != std::string::npos && head[end] == ':' ? head.substr(0, end) : "";
  if (scheme == "javascript" || scheme == "vbscript" || scheme == "data") {
    refuse("there is no escaping for what follows \"" + scheme + ":\"");
  }
  if (use_ == AttributeUse::address) {
    return;
  }
  // After scheme://host/, //host/ or /path a value no longer decides where the code comes from.
  const auto authority = begins_with_host(head) ? 2 : scheme.empty() ? 0 : scheme.size() + 3;
  const bool host_ends = authority > 0 && authority < head.size() &&
                         head.find_first_of("/\\", authority) != std::string::npos &&
                         head.find_first_of("/\\", authority) > authority;
  const bool local = head.size() > 1 && is_slash(head[0]) && !is_slash(head[1]);
  if (!host_ends && !local) {
    refuse(
        "it loads what runs in the page; begin its URL with a fixed host or path, as in "
        "\"/widgets/…\"");
  }
}

AddressCheck Markup::address_check() const {
  const auto head = decode_address(head_);
  const auto begins = head.find_first_of(address_delimiters);
  if (begins == std::string::npos) {
    return AddressCheck::scheme;
  }
  return begins == 0 && is_slash(head[0]) && !begins_with_host(head_) ? AddressCheck::path
                                                                      : AddressCheck::none;
}

// Follows the fixed text of an address as a browser reads it.
void Markup::feed_address(char c) {
  if (!head_ends_) {
    head_ += c;
  }
  if (in_query_) {
    count_percent(static_cast<unsigned char>(c));
    return;  // nothing that follows changes where the address leads
  }
  const bool continues = !reference_.empty() && (ascii::is_letter(c) || ascii::is_digit(c) ||
                                                 (c == '#' && reference_ == "&"));
  if (continues) {
    reference_ += c;
    return;
  }
  const bool ends_reference = !reference_.empty() && c == ';';
  finish_reference();
  if (c == '&') {
    reference_ = "&";
    return;
  }
  if (!ends_reference) {
    count_percent(static_cast<unsigned char>(c));
  }
  in_query_ = in_query_ || c == '?' || c == '#';
}

// Takes note of a character reference that has ended.
void Markup::finish_reference() {
  if (reference_ == "&") {
    count_percent('&');
  } else if (!reference_.empty()) {
    const auto code = decode_reference(reference_);
    in_query_ = in_query_ || code == '?' || code == '#';
    count_percent(code.value_or(0));
    if (!code && odd_reference_.empty()) {
      odd_reference_ = reference_;
    }
  }
  reference_.clear();
  if (has_address_value_ && !odd_reference_.empty()) {
    refuse_reference();
  }
}

// Follows a '%' and its digits, which a browser or a server reads as one character.
void Markup::count_percent(std::uint32_t code) {
  const bool is_digit = code < 0x80 && ascii::is_hex_digit(static_cast<char>(code));
  if (code == '%') {
    percent_digits_ = 2;
  } else if (is_digit && percent_digits_ > 0) {
    --percent_digits_;
  } else if (code != '\t' && code != '\n' && code != '\r') {  // these are dropped
    percent_digits_ = 0;
  }
}

// "%" and a value 2e would make a dot that no check of the value has seen.
void Markup::check_percent() const {
  if (percent_digits_ > 0) {
    throw MarkupError("neither a value nor the border of a section can stand " + describe() +
                      " directly behind \"%\" or \"%\" and one digit: write %25 for \"%\"");
  }
}

void Markup::refuse_reference() const {
  throw MarkupError("a value cannot stand in an address with " + quoted(odd_reference_) +
                    ": write the character itself, or its number as in &#43;");
}

}  // namespace personalize
