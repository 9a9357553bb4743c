// The insertion modes up to the start of body (WHATWG HTML, 13.2.6.4.1 to 13.2.6.4.6): "initial",
// "before html", "before head", "in head", "after head".
//
// "In head noscript" does not exist here: with scripting, content of <noscript> is text.
#include "rewrite/tree/tree.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "rewrite/tree/element_groups.h"

namespace personalize::rewrite {
namespace {

// Whether the page is in quirks mode, in which a <table> does not end a <p>. ("Limited quirks" are
// none of these.)
enum class Quirks : std::uint8_t { no, yes, unknown };

// Doctypes by the begin of their public identifier, in small letters (WHATWG HTML, 13.2.6.4.1). Of
// the many that nobody writes any more nothing is known.
constexpr std::string_view without_quirks[] = {"-//w3c//dtd xhtml 1.0 strict//",
                                               "-//w3c//dtd xhtml 1.0 transitional//",
                                               "-//w3c//dtd xhtml 1.0 frameset//",
                                               "-//w3c//dtd xhtml 1.1//",
                                               "-//w3c//dtd xhtml basic 1.",
                                               "-//w3c//dtd xhtml+rdfa 1.",
                                               "-//wapforum//dtd xhtml mobile 1.",
                                               "-//w3c//dtd html 4.01//",
                                               "-//w3c//dtd html 4.0//"};
constexpr std::string_view with_quirks[] = {"-//w3c//dtd html 4.0 transitional//",
                                            "-//w3c//dtd html 4.0 frameset//",
                                            "-//w3c//dtd html 3.2 final//",
                                            "-//w3c//dtd html 3.2//",
                                            "-//ietf//dtd html 2.0//",
                                            "-//ietf//dtd html//"};
// These by whether there is a system identifier as well.
constexpr std::string_view with_quirks_alone[] = {"-//w3c//dtd html 4.01 transitional//",
                                                  "-//w3c//dtd html 4.01 frameset//"};

// Takes a quoted string off `rest`, which begins with white space or the quote; nullopt if there is
// none, or its end.
std::optional<std::string_view> take_quoted(std::string_view& rest) {
  rest = ascii::trim_html_space(rest);
  if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) {
    return std::nullopt;
  }
  const std::size_t end = rest.find(rest.front(), 1);
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view quoted = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  return quoted;
}

bool take_word(std::string_view& rest, std::string_view word) {
  const bool is_it = ascii::equal_ignoring_case(rest.substr(0, word.size()), word);
  rest.remove_prefix(is_it ? word.size() : 0);
  return is_it;
}

Quirks quirks_of_identifiers(std::string_view public_id, bool has_system_id) {
  const std::string id = ascii::lowered(public_id);
  if (begins_with_one_of(id, without_quirks)) {
    return Quirks::no;
  }
  if (begins_with_one_of(id, with_quirks)) {
    return Quirks::yes;
  }
  if (begins_with_one_of(id, with_quirks_alone)) {
    return has_system_id ? Quirks::no : Quirks::yes;
  }
  return Quirks::unknown;
}

// `text`: what stands between "<!doctype" and ">".
Quirks quirks_of(std::string_view text) {
  text = ascii::trim_html_space(text);
  if (!take_word(text, "html")) {
    return Quirks::unknown;
  }
  if (text.empty()) {
    return Quirks::no;
  }
  if (!ascii::is_html_space(text.front())) {
    return Quirks::unknown;
  }
  text = ascii::trim_html_space(text);
  std::optional<std::string_view> public_id;
  if (take_word(text, "public")) {
    public_id = take_quoted(text);
    if (!public_id) {
      return Quirks::unknown;
    }
  } else if (!take_word(text, "system")) {
    return Quirks::unknown;
  }
  const auto system_id = take_quoted(text);
  constexpr std::string_view of_today = "about:legacy-compat";
  const bool is_odd =
      !ascii::trim_html_space(text).empty() ||
      ascii::starts_with(ascii::lowered(system_id.value_or("")), "http://www.ibm.com/");
  if (is_odd || (!public_id && system_id.value_or("") != of_today)) {
    return Quirks::unknown;
  }
  return public_id ? quirks_of_identifiers(*public_id, system_id.has_value()) : Quirks::no;
}

}  // namespace

void Tree::imply_html() {
  push_implied(Tag::html);
  set_mode(Mode::before_head);
}

void Tree::imply_head() {
  push_implied(Tag::head);
  head_seen_ = true;
  set_mode(Mode::in_head);
}

void Tree::leave_head() {
  observer_.head_ended();
  pop(ElementEnd::implied);
  set_mode(Mode::after_head);
}

void Tree::imply_body() {
  push_implied(Tag::body);
  set_mode(Mode::in_body);
  observer_.body_started(true);
}

bool Tree::start_before_body(const StartTag& tag) {
  switch (mode_) {
    case Mode::initial:
      set_mode(Mode::before_html);
      return true;
    case Mode::before_html:
      if (tag.tag != Tag::html) {
        imply_html();
        return true;
      }
      insert(tag);
      set_mode(Mode::before_head);
      return false;
    case Mode::before_head:
      if (tag.tag == Tag::html) {
        return false;
      }
      if (tag.tag != Tag::head) {
        imply_head();
        return true;
      }
      insert(tag);
      head_seen_ = true;
      set_mode(Mode::in_head);
      return false;
    case Mode::in_head:
      if (tag.tag == Tag::html || tag.tag == Tag::head) {
        return false;
      }
      if (belongs_in_head(tag.tag) || tag.tag == Tag::noscript) {
        return start_in_head(tag);
      }
      leave_head();
      return true;
    default:  // after_head
      if (tag.tag == Tag::html || tag.tag == Tag::head) {
        return false;
      }
      if (tag.tag == Tag::body) {
        insert(tag);
        set_mode(Mode::in_body);
        observer_.body_started(false);
        return false;
      }
      if (tag.tag == Tag::frameset) {
        give_up();
        return false;
      }
      if (belongs_in_head(tag.tag)) {
        next_shaky_ = true;  // the parser puts it into the head that has ended
        start_in_head(tag);
        --stack_[0].children;
        return false;
      }
      imply_body();
      return true;
  }
}

bool Tree::start_in_head(const StartTag& tag) {
  if (tag.tag == Tag::template_) {
    insert_template(tag);
    formatting_.push_back({});
    set_formatting_waits(false);
    template_modes_.push_back(Mode::in_template);
    set_mode(Mode::in_template);
  } else if (has_trait(tag.tag, trait::raw_text)) {
    insert_raw(tag);
  } else {
    insert_void(tag);
  }
  return false;
}

bool Tree::end_before_body(NameKey, Tag tag) {
  bool implies = is_one_of(tag, {Tag::body, Tag::html, Tag::br});
  switch (mode_) {
    case Mode::initial:
      set_mode(Mode::before_html);
      return true;
    case Mode::before_html:
      if (!implies && tag != Tag::head) {
        return false;
      }
      imply_html();
      return true;
    case Mode::before_head:
      if (!implies && tag != Tag::head) {
        return false;
      }
      imply_head();
      return true;
    case Mode::in_head:
      if (tag == Tag::template_) {
        end_template();
      }
      if (tag == Tag::head) {
        observer_.head_ended();
        pop(ElementEnd::own_tag);
        set_mode(Mode::after_head);
      }
      if (!implies) {
        return false;
      }
      leave_head();
      return true;
    default:  // after_head
      if (tag == Tag::template_) {
        end_template();
      }
      if (!implies) {
        return false;
      }
      imply_body();
      return true;
  }
}

void Tree::doctype(std::string_view text) {
  see_whole_page();
  if (mode_ != Mode::initial) {
    return;  // the parser drops it
  }
  set_mode(Mode::before_html);

  constexpr std::string_view start = "<!doctype";
  text.remove_prefix(std::min(start.size(), text.size()));
  if (!text.empty() && text.back() == '>') {
    text.remove_suffix(1);
  }
  const Quirks quirks = quirks_of(text);
  no_quirks_ = quirks == Quirks::no;
  quirks_known_ = quirks != Quirks::unknown;
}

}  // namespace personalize::rewrite
