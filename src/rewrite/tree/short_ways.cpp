// Short ways for tags that do little: what open_plainly() and close_plainly() of tree.h leave over.
//
// Each does what the insertion modes would, or refuses the tag before anything is changed; then it
// takes the long way through start_tag() or end_tag(). The observer is not called for them, so that
// none may close an element that is watched.
#include "rewrite/tree/tree.h"

#include "rewrite/tokenizer/attribute.h"
#include "rewrite/tree/element_groups.h"

namespace personalize::rewrite {

Passed Tree::open_less_plainly(const TagIndex::Entry& known, NameKey name, std::string_view start,
                               bool is_leaf) {
  Tag tag = known.kind.tag;
  if ((known.traits & trait::formatting) != 0) {
    // With fewer than three on the list, "Noah's Ark" has room.
    if (formatting_.size() >= noahs_ark || tag == Tag::nobr) {
      return Passed::nothing;
    }
    if (tag == Tag::a) {
      for (const Formatting& entry : formatting_) {
        if (entry.serial != 0 && entry.tag == Tag::a) {
          return Passed::nothing;
        }
      }
    }
    if (is_leaf) {
      return count_childless(Passed::leaf);
    }
    if (tag != Tag::a && start.size() > length_of(name) + 2) {
      return Passed::nothing;
    }
    list_formatting(serial_ + 1, name, tag, no_attributes);
    return push_plainly(name, known.kind);
  }
  if (tag == Tag::svg) {
    if (is_self_closing(start, length_of(name))) {
      return count_childless(Passed::start_tag);
    }
    return push_plainly(name, {tag, Namespace::svg});
  }
  bool opens =
      open_[ElementKind::p] == 0 &&
      (is_item(tag) ? bounds_items(top(), tag) : is_heading(tag) && !is_heading(top().tag));
  opens = opens || (tag == Tag::button && open_[ElementKind::button] == 0);
  if (!opens) {
    return Passed::nothing;
  }
  return is_leaf ? count_childless(Passed::leaf) : push_plainly(name, known.kind);
}

// Closes a <p> that ends where the present start tag begins, if that needs no notification.
bool Tree::close_p_plainly() {
  const OpenElement& element = top();
  if (!element.is(Tag::p) || !element.closes_plainly()) {
    return false;
  }
  --open_[ElementKind::p];
  stack_.pop_back();
  return true;
}

// Opens an element of a drawing.
Passed Tree::open_svg_plainly(const TagIndex::Entry& known, NameKey name, std::string_view start) {
  const OpenElement& parent = top();
  bool plain = parent.space == Namespace::svg && !is_svg_integration(parent) &&
               (known.traits & trait::breaks_out) == 0 && known.kind.tag != Tag::font;
  if (!plain) {
    return Passed::nothing;
  }
  if (is_self_closing(start, length_of(name))) {
    return count_childless(Passed::start_tag);
  }
  return push_plainly(name, {known.kind.tag, Namespace::svg});
}

// Rows, cells and options in their places.
Passed Tree::open_in_own_mode(const TagIndex::Entry& known, NameKey name, bool is_leaf) {
  Tag tag = known.kind.tag;
  if (mode_ == Mode::in_row) {
    if ((tag != Tag::td && tag != Tag::th) || !top().is(Tag::tr)) {
      return Passed::nothing;
    }
    if (stack_.full() || formatting_.full()) {
      return Passed::nothing;
    }
    if (is_leaf && !formatting_waits()) {
      return count_childless(Passed::leaf);
    }
    formatting_.add().serial = 0;  // a marker
    set_mode(Mode::in_cell);
    return push_plainly(name, known.kind);
  }
  if (mode_ == Mode::in_table_body) {
    const OpenElement& parent = top();
    bool in_place = tag == Tag::tr && parent.space == Namespace::html &&
                    is_table_row_group(parent.tag) && !stack_.full();
    if (!in_place) {
      return Passed::nothing;
    }
    set_mode(Mode::in_row);
    return push_plainly(name, known.kind);
  }
  if (mode_ == Mode::in_select) {
    bool in_place = tag == Tag::option && is_leaf && !formatting_waits() && !stack_.full() &&
                    (top().is(Tag::select) || top().is(Tag::optgroup));
    return in_place ? count_childless(Passed::leaf) : Passed::nothing;
  }
  return Passed::nothing;
}

// Closes the current element, whose end tag this is: formatting, a cell or a row, or of a drawing.
bool Tree::close_less_plainly() {
  const OpenElement& element = top();
  if ((element.watched | element.shaky) != 0) {
    return false;
  }
  if (element.space != Namespace::html) {
    if (element.space == Namespace::math || (element.name & interned_name) != 0) {
      return false;
    }
    stack_.pop_back();
    return true;
  }
  Tag tag = element.tag;
  if (mode_ == Mode::in_cell && (tag == Tag::td || tag == Tag::th)) {
    stack_.pop_back();
    set_mode(Mode::in_row);
    if (formatting_.size() == 1) {
      formatting_.pop_back();
      set_formatting_waits(false);
    } else {
      clear_formatting_to_marker();
    }
    return true;
  }
  if (mode_ == Mode::in_row && tag == Tag::tr) {
    stack_.pop_back();
    set_mode(Mode::in_table_body);
    return true;
  }
  if (has_trait(tag, trait::formatting)) {
    if (formatting_.empty() || formatting_.back().serial != element.serial) {
      return false;
    }
    formatting_.pop_back();
    stack_.pop_back();
    if (!formatting_.empty()) {
      note_formatting();
    }
    return true;
  }
  return false;
}

}  // namespace personalize::rewrite
