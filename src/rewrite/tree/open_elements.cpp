// The stack of open elements (WHATWG HTML, 13.2.4.2): opening and closing, scopes, implied end
// tags.
#include "rewrite/tree/tree.h"

#include "base/text/ascii.h"
#include "rewrite/tokenizer/attribute.h"
#include "rewrite/tree/element_groups.h"

namespace personalize::rewrite {
namespace {

// Returns whether a name without a meaning of its own may have a hyphen. Long ones are not known
// here, and those that pages use have one.
bool may_be_custom(NameKey name) {
  for (NameKey rest = name; rest != 0; rest >>= 8) {
    if ((rest & 0xFF) == '-') {
      return true;
    }
  }
  return (name & interned_name) != 0;
}

}  // namespace

// Returns where on the stack the parent is of what is put into the element at `index`: where a
// table takes no content, it is the table's parent.
std::size_t Tree::parent_for(std::size_t index) const {
  if (!fostering_ || !stack_[index].has(trait::table_part)) {
    return index;
  }
  const std::size_t table = find_open(Tag::table);
  return table == no_element || table == 0 ? index : table - 1;
}

OpenElement& Tree::push(NameKey name, Tag tag, Namespace space, bool implied) {
  OpenElement element{{tag, space}, ++serial_, name, 0, 0};
  element.shaky = next_shaky_;
  element.displaced = next_shaky_ && !next_is_clone_;
  // Its name cannot be compared with the bytes of an end tag.
  element.needs_care = element.needs_care || (name & interned_name) != 0;
  next_shaky_ = next_is_clone_ = false;
  if (!stack_.empty()) {
    const OpenElement& parent = top();
    element.marks = parent.marks;
    if (fostering_ && parent.has(trait::table_part)) {
      element.in_foster = element.shaky = element.displaced = true;
      note_fostering();
    }
    const std::size_t parent_index = parent_for(stack_.size() - 1);
    ++stack_[parent_index].children;
    if (element.in_foster && parent_index + 1 < stack_.size()) {
      observer_.renumbered(stack_, parent_index + 1);
      element.marks = top().marks;
    }
  }
  count_shaky(element, 1);
  ++open_[element.counted];
  stack_.push_back(element);
  observer_.opened(stack_.back(), implied);
  if (stack_.size() > max_depth || name == too_many_names) {
    give_up();
  }
  return stack_.back();
}

void Tree::insert_void(const StartTag& tag) {
  insert(tag);
  pop(ElementEnd::no_content);
}

void Tree::insert_raw(const StartTag& tag) {
  insert(tag);
  raw_open_ = true;
  content_ = tag.tag == Tag::script ? ContentModel::script : ContentModel::text;
}

// A shadow root is no child of its element, and its content is seen.
void Tree::insert_template(const StartTag& tag) {
  const bool is_shadow_root = makes_shadow_root(tag);
  insert(tag);
  if (is_shadow_root) {
    OpenElement& host = stack_[stack_.size() - 2];
    host.has_shadow = true;
    --host.children;
  } else {
    top().inert = true;
    ++inert_;
  }
}

// Returns whether the <template> becomes the shadow root of the current element (WHATWG HTML,
// 13.2.6.4.4; DOM, "attach a shadow root").
bool Tree::makes_shadow_root(const StartTag& tag) const {
  if (stack_.size() < 2 || fostering_ || next_shaky_) {
    return false;
  }
  const OpenElement& host = stack_.back();
  const bool can_have_one =
      is_one_of(host.tag, {Tag::article, Tag::aside, Tag::blockquote, Tag::body, Tag::div,
                           Tag::footer, Tag::h1, Tag::h2, Tag::h3, Tag::h4, Tag::h5, Tag::h6,
                           Tag::header, Tag::main, Tag::nav, Tag::p, Tag::section, Tag::span}) ||
      (host.tag == Tag::other && may_be_custom(host.name));
  if (host.space != Namespace::html || host.has_shadow || !can_have_one) {
    return false;
  }
  AttributeWalk walk(tag.raw->text, tag.raw->name_length);
  TagAttribute attribute;
  while (walk.next(attribute)) {
    if (ascii::equal_ignoring_case(attribute.name, "shadowrootmode")) {
      return ascii::equal_ignoring_case(attribute.value, "open") ||
             ascii::equal_ignoring_case(attribute.value, "closed");
    }
  }
  return false;
}

void Tree::pop(ElementEnd end) {
  OpenElement element = top();
  stack_.pop_back();
  inert_ -= element.inert ? 1 : 0;
  count_shaky(element, -1U);
  --open_[element.counted];
  if (!formatting_.empty() && element.has(trait::formatting)) {
    if (clears_formatting_ && formatting_.back().serial == element.serial) {
      formatting_.pop_back();
      left_formatting_ = element.serial;
    }
    note_formatting();
  }
  bool marks = element.is(Tag::applet) || element.is(Tag::marquee) || element.is(Tag::object);
  if (marks && end == ElementEnd::implied) {
    left_marker_ = element.serial;
  }
  if (element.tag == Tag::template_ && element.space != Namespace::html &&
      end != ElementEnd::own_tag) {
    note_outlasting();  // the next </template> is its end tag
  }
  if (element.watched) {
    observer_.closed(element, end);
  }
  bool without_tag = end == ElementEnd::implied || end == ElementEnd::page;
  if (without_tag) {
    note_left_open(element);
  }
}

void Tree::note_left_open(const OpenElement& element) {
  if (left_open_ == 0) {
    count_left_open_ = 0;
    takes_end_tags_ = true;
  }
  left_open_ |= kind_left_open(element);
  takes_end_tags_ =
      takes_end_tags_ && count_left_open_ < most_left_open && ends_by_tag_alone(element);
  if (takes_end_tags_) {
    names_left_open_[count_left_open_++] = element.name;
  }
}

Tree::Names Tree::names_left_open() const {
  const bool has_names = left_open_ != 0 && takes_end_tags_;
  return {names_left_open_, has_names ? count_left_open_ : 0};
}

// An end tag does more than that for what an element of its own has to do with: a form, formatting
// and the markers in its list, <select>. Not for formatting that was the last on the list.
bool Tree::ends_by_tag_alone(const OpenElement& element) const {
  if (element.serial == left_formatting_) {
    return true;
  }
  const bool is_special_case =
      element.has(trait::formatting | trait::table_part | trait::no_markup_inside |
                  trait::implied_whole) ||
      is_one_of(element.tag, {Tag::form, Tag::select, Tag::applet, Tag::marquee, Tag::object,
                              Tag::template_, Tag::caption, Tag::colgroup});
  const bool is_optional = element.has(trait::optional_end) &&
                           !is_one_of(element.tag, {Tag::p, Tag::li, Tag::dd, Tag::dt});
  const bool is_of_drawing = element.space == Namespace::svg && !is_svg_integration(element);
  return (element.space == Namespace::html || is_of_drawing) && !is_special_case && !is_optional &&
         !element.shaky && element.name != too_many_names;
}

std::uint8_t Tree::kind_left_open(const OpenElement& element) {
  if (!element.has(trait::optional_end) || element.has(trait::stays_open)) {
    return firmly;
  }
  switch (element.tag) {
    case Tag::p:
      return paragraph;
    case Tag::li:
      return list_item;
    case Tag::dd:
    case Tag::dt:
      return description;
    case Tag::option:
      return option;
    default:
      return part;
  }
}

bool Tree::left_open_within(const OpenElement& element) const {
  std::uint8_t ended = paragraph | part;
  if (element.is(Tag::ul) || element.is(Tag::ol) || element.is(Tag::menu)) {
    ended |= list_item;
  }
  if (element.is(Tag::dl)) {
    ended |= description;
  }
  return (left_open_ & ~ended) != 0;
}

void Tree::pop_to(std::size_t index, bool own) {
  while (stack_.size() > index + 1) {
    pop(ElementEnd::implied);
  }
  if (stack_.size() == index + 1) {
    pop(own ? ElementEnd::own_tag : ElementEnd::implied);
  }
}

// What was listed in the element ends with it.
void Tree::pop_to_marked(std::size_t index, bool own) {
  clears_formatting_ = true;
  pop_to(index, own);
  clears_formatting_ = false;
  clear_formatting_to_marker();
}

// Removes an element that is not the current one. What is above it stays.
void Tree::take_out(std::size_t index) {
  OpenElement element = stack_[index];
  stack_.erase(index);
  count_shaky(element, -1U);
  --open_[element.counted];
  if (element.watched) {
    observer_.closed(element, ElementEnd::misnested);
  }
}

// Of those that are displaced is_displaced() knows.
void Tree::make_shaky(std::size_t from, bool displaced) {
  for (std::size_t i = from; i < stack_.size(); ++i) {
    OpenElement& element = stack_[i];
    count_shaky(element, -1U);
    element.shaky = true;
    element.displaced = element.displaced || displaced;
    count_shaky(element, 1);
  }
}

void Tree::count_shaky(const OpenElement& element, std::uint32_t by) {
  shaky_ += element.shaky ? by : 0;
  displaced_ += element.displaced ? by : 0;
}

void Tree::give_up() {
  lost_ = true;
  observer_.lost();
}

bool Tree::bounds_scope(const OpenElement& element, Scope scope) {
  if (element.space != Namespace::html) {
    return scope != Scope::table &&
           (is_mathml_text_integration(element) || is_svg_integration(element) ||
            (element.space == Namespace::math && element.tag == Tag::annotation_xml));
  }
  switch (scope) {
    case Scope::table:
      return is_one_of(element.tag, {Tag::html, Tag::table, Tag::template_});
    case Scope::list_item:
      if (element.tag == Tag::ol || element.tag == Tag::ul) {
        return true;
      }
      break;
    case Scope::button:
      if (element.tag == Tag::button) {
        return true;
      }
      break;
    case Scope::normal:
      break;
  }
  return has_trait(element.tag, trait::scope);
}

std::size_t Tree::in_scope(NameKey name, Scope scope) const {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    if (stack_[i].name == name && stack_[i].space == Namespace::html) {
      return i;
    }
    if (bounds_scope(stack_[i], scope)) {
      return no_element;
    }
  }
  return no_element;
}

std::size_t Tree::find_open(Tag tag) const {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    if (stack_[i].is(tag)) {
      return i;
    }
  }
  return no_element;
}

std::size_t Tree::find_serial(std::uint32_t serial) const {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    if (stack_[i].serial == serial) {
      return i;
    }
  }
  return no_element;
}

// Everything but <option> and <optgroup> bounds select scope; what browsers of today additionally
// allow inside (it is shaky) does not.
std::size_t Tree::select_in_scope() const {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    if (stack_[i].is(Tag::select)) {
      return i;
    }
    bool allowed = stack_[i].is(Tag::option) || stack_[i].is(Tag::optgroup) || stack_[i].shaky;
    if (!allowed) {
      return no_element;
    }
  }
  return no_element;
}

void Tree::generate_implied_end_tags(Tag except) {
  while (top().has(trait::implied_end) && top().tag != except) {
    pop(ElementEnd::implied);
  }
}

void Tree::close_p() {
  if (open_[ElementKind::p] == 0) {
    return;
  }
  std::size_t p = in_scope(Tag::p, Scope::button);
  if (p != no_element) {
    pop_to(p, false);
  }
}

// Returns whether an item of a list ends where one of the kind `tag` begins.
bool Tree::is_like_item(const OpenElement& node, Tag tag) {
  return tag == Tag::li ? node.is(Tag::li) : node.is(Tag::dd) || node.is(Tag::dt);
}

// Returns whether items around it go on when one begins in it.
bool Tree::bounds_items(const OpenElement& node, Tag tag) {
  return is_special(node) && !node.is(Tag::address) && !node.is(Tag::div) && !node.is(Tag::p) &&
         !is_like_item(node, tag);
}

// <li>, <dd> and <dt> end the item before them.
void Tree::close_list_item(Tag tag) {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    const OpenElement& node = stack_[i];
    if (is_like_item(node, tag)) {
      generate_implied_end_tags(node.tag);
      pop_to(i, false);
      break;
    }
    if (bounds_items(node, tag)) {
      break;
    }
  }
  close_p();
}

// "Clear the stack back to a table (body, row) context".
void Tree::clear_to(Context context) {
  for (;;) {
    const OpenElement& node = top();
    bool there = node.is(Tag::html) || node.is(Tag::template_) ||
                 (context == table_context && node.is(Tag::table)) ||
                 (context == table_body_context && node.space == Namespace::html &&
                  is_table_row_group(node.tag)) ||
                 (context == row_context && node.is(Tag::tr));
    if (there) {
      return;
    }
    pop(ElementEnd::implied);
  }
}

}  // namespace personalize::rewrite
