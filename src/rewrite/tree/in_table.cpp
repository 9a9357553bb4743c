// The insertion modes within a table (WHATWG HTML, 13.2.6.4.9 to 13.2.6.4.15): "in table", "in
// caption", "in column group", "in table body", "in row", "in cell".
//
// What does not belong between rows and cells is foster-parented: it is processed as in body, but
// put before the table. Example:
//
//   <table><tr><div>x</div><td>y        <div>x</div><table><tbody><tr><td>y
//
// On the stack <div> stands above <tr>; in the tree it does not. Such an element has `in_foster`
// and is shaky, and so is all that is opened in it.
#include "rewrite/tree/tree.h"

#include "base/text/ascii.h"
#include "rewrite/tokenizer/attribute.h"
#include "rewrite/tree/element_groups.h"

namespace personalize::rewrite {

void Tree::note_fostering() {
  if (!watches_fostering_) {
    return;
  }
  std::size_t table = find_open(Tag::table);
  if (table != no_element) {
    observer_.misnested(stack_[table].serial);
  }
}

bool Tree::start_in_table(const StartTag& tag) {
  switch (tag.tag) {
    case Tag::caption:
      clear_to(table_context);
      formatting_.push_back({});
      insert(tag);
      set_mode(Mode::in_caption);
      return false;
    case Tag::colgroup:
      clear_to(table_context);
      insert(tag);
      set_mode(Mode::in_column_group);
      return false;
    case Tag::col:
      clear_to(table_context);
      push_implied(Tag::colgroup);
      set_mode(Mode::in_column_group);
      return true;
    case Tag::tbody:
    case Tag::tfoot:
    case Tag::thead:
      clear_to(table_context);
      insert(tag);
      set_mode(Mode::in_table_body);
      return false;
    case Tag::td:
    case Tag::th:
    case Tag::tr:
      clear_to(table_context);
      push_implied(Tag::tbody);
      set_mode(Mode::in_table_body);
      return true;
    case Tag::table: {
      std::size_t table = in_scope(Tag::table, Scope::table);
      if (table == no_element) {
        return false;
      }
      pop_to(table, false);
      reset_mode();
      return true;
    }
    case Tag::style:
    case Tag::script:
    case Tag::template_:
      return start_in_head(tag);
    case Tag::input: {
      bool found = false;
      std::string_view type = find_attribute(tag.raw->text, tag.raw->name_length, "type", found);
      if (!ascii::equal_ignoring_case(type, "hidden")) {
        break;
      }
      insert_void(tag);
      return false;
    }
    case Tag::form:
      if (form_ != 0 || find_open(Tag::template_) != no_element) {
        return false;
      }
      insert(tag);
      form_ = top().serial;
      pop(ElementEnd::no_content);
      return false;
    default:
      break;
  }
  fostering_ = true;
  bool again = start_in_body(tag);
  fostering_ = false;
  return again;
}

bool Tree::end_in_table(NameKey name, Tag tag) {
  if (tag == Tag::table) {
    std::size_t table = in_scope(Tag::table, Scope::table);
    if (table == no_element) {
      return false;
    }
    pop_to(table, true);
    reset_mode();
    return false;
  }
  if (tag == Tag::body || tag == Tag::html || is_table_structure(tag)) {
    return false;
  }
  if (tag == Tag::template_) {
    end_template();
    return false;
  }
  fostering_ = true;
  bool again = end_in_body(name, tag);
  fostering_ = false;
  return again;
}

bool Tree::start_in_caption(const StartTag& tag) {
  if (!is_table_structure(tag.tag)) {
    return start_in_body(tag);
  }
  std::size_t caption = in_scope(Tag::caption, Scope::table);
  if (caption == no_element) {
    return false;
  }
  pop_to_marked(caption, false);
  set_mode(Mode::in_table);
  return true;
}

bool Tree::end_in_caption(NameKey name, Tag tag) {
  bool own = tag == Tag::caption;
  if (!own && tag != Tag::table) {
    if (tag == Tag::body || tag == Tag::html || is_table_structure(tag)) {
      return false;
    }
    return end_in_body(name, tag);
  }
  std::size_t caption = in_scope(Tag::caption, Scope::table);
  if (caption == no_element) {
    return false;
  }
  pop_to_marked(caption, own);
  set_mode(Mode::in_table);
  return !own;
}

bool Tree::start_in_column_group(const StartTag& tag) {
  if (tag.tag == Tag::html) {
    return false;
  }
  if (tag.tag == Tag::col) {
    insert_void(tag);
    return false;
  }
  if (tag.tag == Tag::template_) {
    return start_in_head(tag);
  }
  if (!top_is(Tag::colgroup)) {
    return false;
  }
  pop(ElementEnd::implied);
  set_mode(Mode::in_table);
  return true;
}

bool Tree::end_in_column_group(NameKey, Tag tag) {
  if (tag == Tag::template_) {
    end_template();
    return false;
  }
  if (tag == Tag::col || !top_is(Tag::colgroup)) {
    return false;
  }
  bool own = tag == Tag::colgroup;
  pop(own ? ElementEnd::own_tag : ElementEnd::implied);
  set_mode(Mode::in_table);
  return !own;
}

std::size_t Tree::row_group_in_scope() const {
  for (Tag tag : {Tag::tbody, Tag::thead, Tag::tfoot}) {
    std::size_t index = in_scope(tag, Scope::table);
    if (index != no_element) {
      return index;
    }
  }
  return no_element;
}

bool Tree::start_in_table_body(const StartTag& tag) {
  if (tag.tag == Tag::tr) {
    clear_to(table_body_context);
    insert(tag);
    set_mode(Mode::in_row);
    return false;
  }
  if (tag.tag == Tag::th || tag.tag == Tag::td) {
    clear_to(table_body_context);
    push_implied(Tag::tr);
    set_mode(Mode::in_row);
    return true;
  }
  if (!is_table_structure(tag.tag)) {
    return start_in_table(tag);
  }
  if (row_group_in_scope() == no_element) {
    return false;
  }
  clear_to(table_body_context);
  pop(ElementEnd::implied);
  set_mode(Mode::in_table);
  return true;
}

bool Tree::end_in_table_body(NameKey name, Tag tag) {
  if (is_table_row_group(tag)) {
    if (in_scope(tag, Scope::table) == no_element) {
      return false;
    }
    clear_to(table_body_context);
    pop(top().tag == tag ? ElementEnd::own_tag : ElementEnd::implied);
    set_mode(Mode::in_table);
    return false;
  }
  if (tag == Tag::table) {
    if (row_group_in_scope() == no_element) {
      return false;
    }
    clear_to(table_body_context);
    pop(ElementEnd::implied);
    set_mode(Mode::in_table);
    return true;
  }
  if (tag == Tag::body || tag == Tag::html || is_table_structure(tag)) {
    return false;
  }
  return end_in_table(name, tag);
}

bool Tree::start_in_row(const StartTag& tag) {
  if (tag.tag == Tag::th || tag.tag == Tag::td) {
    clear_to(row_context);
    insert(tag);
    set_mode(Mode::in_cell);
    formatting_.push_back({});
    return false;
  }
  if (!is_table_structure(tag.tag)) {
    return start_in_table(tag);
  }
  return leave_row(false);
}

// Returns whether there was a row to leave.
bool Tree::leave_row(bool own) {
  if (in_scope(Tag::tr, Scope::table) == no_element) {
    return false;
  }
  clear_to(row_context);
  pop(own ? ElementEnd::own_tag : ElementEnd::implied);
  set_mode(Mode::in_table_body);
  return true;
}

bool Tree::end_in_row(NameKey name, Tag tag) {
  if (tag == Tag::tr) {
    leave_row(true);
    return false;
  }
  if (tag == Tag::table) {
    return leave_row(false);
  }
  if (is_table_row_group(tag)) {
    if (in_scope(tag, Scope::table) == no_element) {
      return false;
    }
    return leave_row(false);
  }
  if (tag == Tag::body || tag == Tag::html || is_table_structure(tag)) {
    return false;
  }
  return end_in_table(name, tag);
}

// "Close the cell".
void Tree::leave_cell() {
  std::size_t cell = stack_.size() - 1;
  while (!stack_[cell].is(Tag::td) && !stack_[cell].is(Tag::th)) {
    --cell;
  }
  pop_to_marked(cell, false);
  set_mode(Mode::in_row);
}

bool Tree::start_in_cell(const StartTag& tag) {
  if (!is_table_structure(tag.tag)) {
    return start_in_body(tag);
  }
  if (in_scope(Tag::td, Scope::table) == no_element &&
      in_scope(Tag::th, Scope::table) == no_element) {
    return false;
  }
  leave_cell();
  return true;
}

bool Tree::end_in_cell(NameKey name, Tag tag) {
  switch (tag) {
    case Tag::td:
    case Tag::th: {
      std::size_t cell = in_scope(tag, Scope::table);
      if (cell == no_element) {
        return false;
      }
      pop_to_marked(cell, true);
      set_mode(Mode::in_row);
      return false;
    }
    case Tag::body:
    case Tag::caption:
    case Tag::col:
    case Tag::colgroup:
    case Tag::html:
      return false;
    case Tag::table:
    case Tag::tbody:
    case Tag::tfoot:
    case Tag::thead:
    case Tag::tr:
      if (in_scope(tag, Scope::table) == no_element) {
        return false;
      }
      leave_cell();
      return true;
    default:
      return end_in_body(name, tag);
  }
}

}  // namespace personalize::rewrite
