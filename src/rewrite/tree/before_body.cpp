// The insertion modes up to the start of body (WHATWG HTML, 13.2.6.4.1 to 13.2.6.4.6): "initial",
// "before html", "before head", "in head", "after head".
//
// "In head noscript" does not exist here: with scripting, content of <noscript> is text.
#include "rewrite/tree/tree.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "rewrite/tree/element_groups.h"

namespace personalize::rewrite {

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
  whole_page_ = true;
  if (mode_ != Mode::initial) {
    return;  // the parser drops it
  }
  set_mode(Mode::before_html);

  // Only whether the page is in quirks mode matters, and that only to a <table> in a <p>. The full
  // list of quirky public identifiers is long and outdated: any doctype but <!doctype html>, with
  // or without about:legacy-compat, leaves the mode unknown.
  constexpr std::string_view start = "<!doctype";
  text.remove_prefix(std::min(start.size(), text.size()));
  if (!text.empty() && text.back() == '>') {
    text.remove_suffix(1);
  }
  text = ascii::trim_html_space(text);
  constexpr std::string_view name = "html";
  bool html = ascii::equal_ignoring_case(text.substr(0, name.size()), name);
  std::string_view rest = html ? text.substr(name.size()) : std::string_view();
  html = html && (rest.empty() || ascii::is_html_space(rest.front()));
  rest = ascii::trim_html_space(rest);
  if (html && rest.empty()) {
    no_quirks_ = true;
  } else if (html && (ascii::equal_ignoring_case(rest, "SYSTEM \"about:legacy-compat\"") ||
                      ascii::equal_ignoring_case(rest, "SYSTEM 'about:legacy-compat'"))) {
    no_quirks_ = true;
  } else {
    quirks_known_ = false;
  }
}

}  // namespace personalize::rewrite
