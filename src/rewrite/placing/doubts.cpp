#include "rewrite/placing/doubts.h"

#include <algorithm>

#include "rewrite/tokenizer/attribute.h"

namespace personalize::rewrite {
namespace {

bool is_foreign(const OpenElement& element) {
  if (element.space == Namespace::html) {
    return false;
  }
  bool takes_html =
      element.html_integration ||
      (element.space == Namespace::svg && (element.tag == Tag::foreign_object ||
                                           element.tag == Tag::desc || element.tag == Tag::title));
  return !takes_html;
}

// Returns whether the start tag of another such element would have ended this one where it has
// ended, so that content of the right kind comes after it.
bool ends_before_its_like(const OpenElement& element, const Tree& tree) {
  if (!element.has(trait::optional_end) || tree.left_more_than_p_open()) {
    return false;
  }
  const auto& stack = tree.stack();
  switch (element.tag) {
    case Tag::rb:
    case Tag::rp:
    case Tag::rt:
    case Tag::rtc:
      return !stack.empty() && stack.back().is(Tag::ruby);
    case Tag::optgroup:
      return false;
    default:
      return true;
  }
}

}  // namespace

bool drops_line_feed(const OpenElement& element) {
  return element.is(Tag::pre) || element.is(Tag::listing);
}

Doubt doubt_within(const OpenElement& parent) {
  if (is_foreign(parent)) {
    return Doubt::foster_parent;
  }
  if (parent.has(trait::table_part) || parent.is(Tag::colgroup)) {
    return Doubt::foster_parent;
  }
  if (parent.is(Tag::html) || parent.has(trait::void_element | trait::no_markup_inside)) {
    return Doubt::end_uncertain;
  }
  // The first tag in a template decides what the others in it can be.
  if (parent.is(Tag::template_)) {
    return Doubt::end_uncertain;
  }
  // Most tags are dropped there.
  if (parent.is(Tag::select) || parent.is(Tag::optgroup)) {
    return Doubt::end_uncertain;
  }
  return Doubt::none;
}

Doubt doubt_of_place(Placement placement, const OpenElement& element, const Tree& tree,
                     const Position& position) {
  if (element.in_foster) {
    return Doubt::foster_parent;
  }
  if (element.shaky || element.is(Tag::html)) {
    return Doubt::end_uncertain;
  }
  // Content would reopen formatting, and what follows would then stand in that.
  if (tree.formatting_waits()) {
    return Doubt::end_uncertain;
  }
  const auto& stack = tree.stack();
  const OpenElement* parent = stack.size() > 1 ? &stack[stack.size() - 2] : nullptr;
  bool within = placement == Placement::inner || placement == Placement::prepend ||
                placement == Placement::append;
  if (!within) {
    // Before the element others are open that only its start tag ends.
    bool at_start = placement == Placement::before || placement == Placement::replace;
    if (at_start && position.begin_is_settled) {
      return Doubt::token_too_long;
    }
    const bool keeps_open = at_start && tree.left_open() && tree.names_left_open().count == 0;
    if (parent == nullptr || keeps_open) {
      return Doubt::end_uncertain;
    }
    return doubt_within(*parent);
  }

  // The place is only known when what comes next is.
  if (placement == Placement::prepend && drops_line_feed(element) && tree.may_move_current()) {
    return Doubt::end_uncertain;
  }

  // A form in a table has no content, and <svg/> may have none.
  if (element.is(Tag::form) && tree.closes_forms_at_once()) {
    return Doubt::foster_parent;
  }
  if (element.space != Namespace::html && position.tag != nullptr &&
      is_self_closing(position.tag->text, position.tag->name_length)) {
    return Doubt::end_uncertain;
  }
  return doubt_within(element);
}

Doubt doubt_of_end(const ElementPlace& place, const OpenElement& element, ElementEnd end,
                   std::uint64_t end_begin, const Tree& tree, const Position& position,
                   std::uint64_t most) {
  if (end == ElementEnd::misnested) {
    return Doubt::end_uncertain;
  }
  bool optional = element.has(trait::optional_end);
  bool without_tag = end == ElementEnd::implied || end == ElementEnd::page;
  if (without_tag && !position.end_is_markup && end_begin == position.token_begin) {
    return Doubt::end_uncertain;
  }
  if (end == ElementEnd::page && !goes_behind_page(place.placement, element, end)) {
    // A missing end tag would swallow the page; if it may be missing, nothing came after body.
    if (!optional || position.reopened || position.ends_in_drawing) {
      return Doubt::end_uncertain;
    }
    // The place before </body> must not be sent already.
    if (position.body_end != Position::unknown && !place.holds) {
      return Doubt::end_uncertain;
    }
  }
  // Formatting that goes on would be lost with the content, or get hold of what is inserted.
  if (tree.formatting_goes_on(element.serial - 1)) {
    return Doubt::end_uncertain;
  }
  // What is left open of a drawing decides how the present token is read, unless all of it ends.
  const bool in_drawing = !tree.stack().empty() && tree.stack().back().space != Namespace::html;
  const bool ends_drawing = place.placement == Placement::after && end == ElementEnd::implied;
  if (without_tag && (in_drawing || (element.space != Namespace::html && !ends_drawing))) {
    return Doubt::end_uncertain;
  }
  const bool at_end = place.placement == Placement::append || place.placement == Placement::after;
  if (at_end && tree.formatting_waits()) {
    return Doubt::end_uncertain;
  }
  bool whole_body = element.is(Tag::body) && place.placement == Placement::append;
  if (place.placement == Placement::append && tree.left_open_within(element) && !whole_body &&
      tree.names_left_open().count == 0) {
    return Doubt::end_uncertain;
  }
  const bool can_follow = ends_before_its_like(element, tree) || takes_end_tag(element, tree) ||
                          tree.was_left_link(element);
  if (place.placement == Placement::after && without_tag && !can_follow) {
    return Doubt::end_uncertain;
  }
  if (!place.holds) {
    return Doubt::none;
  }
  // Without a form that is replaced, the next one would not be dropped.
  const bool is_whole = place.placement == Placement::replace;
  if (end != ElementEnd::page && tree.form_is_set_since(element.serial + (is_whole ? 0 : 1))) {
    return Doubt::end_uncertain;
  }
  return end_begin - place.begin > most ? Doubt::content_too_long : Doubt::none;
}

bool goes_behind_page(Placement placement, const OpenElement& element, ElementEnd end) {
  const bool at_end = placement == Placement::append || placement == Placement::after;
  return end == ElementEnd::page && at_end && !element.has(trait::optional_end);
}

bool takes_end_tag(const OpenElement& element, const Tree& tree) {
  const bool has_like = element.has(trait::optional_end) && !tree.left_more_than_p_open();
  return !has_like && tree.ends_by_tag_alone(element) &&
         (tree.left_none_open() || tree.names_left_open().count != 0);
}

bool takes_scripts(const Tree& tree) {
  const auto& stack = tree.stack();
  const bool is_in_template = std::any_of(
      stack.begin(), stack.end(), [](const OpenElement& one) { return one.is(Tag::template_); });
  return !is_in_template && !stack.empty() && !is_foreign(stack.back());
}

void append_ends_before_scripts(const Tree& tree, std::pmr::string& out) {
  const auto& stack = tree.stack();
  std::size_t size = stack.size();  // of what stays open
  for (std::size_t i = size; i-- > 0;) {
    if (stack[i].is(Tag::template_)) {
      out += "</template>";
      size = i;
    }
  }
  // An end tag of a drawing ends all that is open in it.
  for (; size > 0 && is_foreign(stack[size - 1]); --size) {
    const Tag tag = stack[size - 1].tag;
    out += tag == Tag::svg ? "</svg>" : tag == Tag::math ? "</math>" : "";
  }
}

bool takes_body_end(const Tree& tree) {
  const auto& stack = tree.stack();
  for (std::size_t i = 1; i < stack.size(); ++i) {
    if (stack[i].is(Tag::select) || stack[i].is(Tag::template_) || stack[i].in_foster) {
      return false;
    }
  }
  return stack.size() < 3 || doubt_within(stack.back()) == Doubt::none;
}

}  // namespace personalize::rewrite
