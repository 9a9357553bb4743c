// The insertion modes "in select" and "in select in table" (WHATWG HTML as of 2024, 13.2.6.4.16 and
// 13.2.6.4.17).
//
// Until 2025 the standard dropped most tags within a <select>; now they make elements there. Both
// kinds of browser are in use. Such elements are followed as the new rules have them, and are
// shaky; where the two would read the rest of the page differently, the tree gives up.
#include "rewrite/tree/tree.h"

#include <algorithm>

#include "rewrite/tree/element_groups.h"

namespace personalize::rewrite {

// Returns whether formatting is open that began in the <select>. It is not listed: where its own
// end tag ends it, as long as nothing else could have, both kinds of browser go on alike.
bool Tree::formats_in_select() const {
  for (std::size_t i = stack_.size(); i-- > 0 && stack_[i].shaky && !stack_[i].is(Tag::select);) {
    if (stack_[i].has(trait::formatting)) {
      return true;
    }
  }
  return false;
}

bool Tree::start_in_select(const StartTag& tag) {
  const bool ends_none =
      has_trait(tag.tag, trait::formatting) || is_one_of(tag.tag, {Tag::span, Tag::br, Tag::img});
  if (formats_in_select() && !ends_none) {
    give_up();
    return false;
  }
  switch (tag.tag) {
    case Tag::html:
      return false;
    case Tag::option:
      if (top().is(Tag::option)) {
        pop(ElementEnd::implied);
      }
      insert(tag);
      return false;
    case Tag::optgroup:
    case Tag::hr:
      if (top().is(Tag::option)) {
        pop(ElementEnd::implied);
      }
      if (top().is(Tag::optgroup)) {
        pop(ElementEnd::implied);
      }
      if (tag.tag == Tag::hr) {
        insert_void(tag);
      } else {
        insert(tag);
      }
      return false;
    case Tag::select: {
      std::size_t select = select_in_scope();
      if (select == no_element) {
        return false;
      }
      observer_.misnested(stack_[select].serial);  // it begins no other one, as it else would
      pop_to(select, false);
      reset_mode();
      return false;
    }
    case Tag::input: {
      std::size_t select = select_in_scope();
      if (select == no_element) {
        return false;
      }
      pop_to(select, false);
      reset_mode();
      return true;
    }
    case Tag::script:
    case Tag::template_:
      return start_in_head(tag);
    default:
      break;
  }
  if (mode_ == Mode::in_select_in_table && (tag.tag == Tag::table || is_table_structure(tag.tag))) {
    give_up();
    return false;
  }
  // What is listed could be ended by it, go from the list for it, or be reopened within it.
  const auto is_link = [](const Formatting& one) { return one.tag == Tag::a; };
  const bool meets_formatting =
      has_trait(tag.tag, trait::formatting) &&
      (tag.tag == Tag::nobr || formatting_.size() >= noahs_ark || formatting_waits() ||
       (tag.tag == Tag::a && std::any_of(formatting_.begin(), formatting_.end(), is_link)));
  bool reads_differently = has_trait(tag.tag, trait::raw_text) || meets_formatting ||
                           is_one_of(tag.tag, {Tag::plaintext, Tag::keygen, Tag::frameset,
                                               Tag::table, Tag::form, Tag::svg, Tag::math});
  if (reads_differently) {
    give_up();
    return false;
  }
  next_shaky_ = true;
  if (has_trait(tag.tag, trait::void_element)) {
    insert_void(tag);
  } else {
    insert(tag);
  }
  return false;
}

bool Tree::end_in_select(NameKey name, Tag tag) {
  if (formats_in_select() && top().name != name) {
    give_up();
    return false;
  }
  switch (tag) {
    case Tag::optgroup:
      if (top().is(Tag::option) && stack_.size() > 1 &&
          stack_[stack_.size() - 2].is(Tag::optgroup)) {
        pop(ElementEnd::implied);
      }
      if (top().is(Tag::optgroup)) {
        pop(ElementEnd::own_tag);
      }
      return false;
    case Tag::option:
      if (top().is(Tag::option)) {
        pop(ElementEnd::own_tag);
      }
      return false;
    case Tag::select: {
      std::size_t select = select_in_scope();
      if (select == no_element) {
        return false;
      }
      pop_to(select, true);
      reset_mode();
      return false;
    }
    case Tag::template_:
      end_template();
      return false;
    default:
      break;
  }
  if (mode_ == Mode::in_select_in_table && (tag == Tag::table || is_table_structure(tag))) {
    if (in_scope(tag, Scope::table) == no_element) {
      return false;
    }
    std::size_t select = select_in_scope();
    if (select == no_element) {
      return false;
    }
    pop_to(select, false);
    reset_mode();
    return true;
  }
  if (top().shaky && top().name == name) {
    pop(ElementEnd::own_tag);
  }
  return false;
}

}  // namespace personalize::rewrite
