// Where a token is processed: the tree construction dispatcher (WHATWG HTML, 13.2.6), the insertion
// mode (13.2.4.1), text and the end of the page. The modes stand in files of their own.
#include "rewrite/tree/tree.h"

#include "rewrite/tree/element_groups.h"

namespace personalize::rewrite {

Tree::Tree(TreeObserver& observer, std::pmr::memory_resource* memory)
    : observer_(observer), stack_(64, memory), formatting_(16, memory), template_modes_(memory) {}

// "Reset the insertion mode appropriately".
void Tree::reset_mode() {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    const OpenElement& node = stack_[i];
    if (node.space != Namespace::html) {
      continue;
    }
    switch (node.tag) {
      case Tag::select: {
        Mode mode = Mode::in_select;
        for (std::size_t j = i; j-- > 0 && !stack_[j].is(Tag::template_);) {
          if (stack_[j].is(Tag::table)) {
            mode = Mode::in_select_in_table;
          }
        }
        return set_mode(mode);
      }
      case Tag::td:
      case Tag::th:
        return set_mode(Mode::in_cell);
      case Tag::tr:
        return set_mode(Mode::in_row);
      case Tag::tbody:
      case Tag::thead:
      case Tag::tfoot:
        return set_mode(Mode::in_table_body);
      case Tag::caption:
        return set_mode(Mode::in_caption);
      case Tag::colgroup:
        return set_mode(Mode::in_column_group);
      case Tag::table:
        return set_mode(Mode::in_table);
      case Tag::template_:
        return set_mode(template_modes_.empty() ? Mode::in_body : template_modes_.back());
      case Tag::head:
        return set_mode(Mode::in_head);
      case Tag::body:
        return set_mode(Mode::in_body);
      case Tag::html:
        return set_mode(head_seen_ ? Mode::after_head : Mode::before_head);
      default:
        break;
    }
  }
}

void Tree::dispatch_start(const StartTag& tag) {
  for (bool again = true; again && !lost_;) {
    if (uses_foreign_rules(tag)) {
      // What breaks out of foreign content is processed by the insertion mode's rules at once,
      // even where they stand in an integration point.
      if (!start_foreign(tag)) {
        return;
      }
    }
    switch (mode_) {
      case Mode::initial:
      case Mode::before_html:
      case Mode::before_head:
      case Mode::in_head:
      case Mode::after_head:
        again = start_before_body(tag);
        break;
      case Mode::in_body:
        again = start_in_body(tag);
        break;
      case Mode::in_table:
        again = start_in_table(tag);
        break;
      case Mode::in_caption:
        again = start_in_caption(tag);
        break;
      case Mode::in_column_group:
        again = start_in_column_group(tag);
        break;
      case Mode::in_table_body:
        again = start_in_table_body(tag);
        break;
      case Mode::in_row:
        again = start_in_row(tag);
        break;
      case Mode::in_cell:
        again = start_in_cell(tag);
        break;
      case Mode::in_select:
      case Mode::in_select_in_table:
        again = start_in_select(tag);
        break;
      case Mode::in_template:
        again = start_in_template(tag);
        break;
      case Mode::after_body:
      case Mode::after_after_body:
        if (tag.tag == Tag::html) {
          return;
        }
        set_mode(Mode::in_body);
        observer_.body_reopened();
        break;
    }
  }
}

void Tree::dispatch_end(NameKey name, Tag tag) {
  for (bool again = true; again && !lost_;) {
    if (!stack_.empty() && top().space != Namespace::html && !end_foreign(name, tag)) {
      return;
    }
    switch (mode_) {
      case Mode::initial:
      case Mode::before_html:
      case Mode::before_head:
      case Mode::in_head:
      case Mode::after_head:
        again = end_before_body(name, tag);
        break;
      case Mode::in_body:
        again = end_in_body(name, tag);
        break;
      case Mode::in_table:
        again = end_in_table(name, tag);
        break;
      case Mode::in_caption:
        again = end_in_caption(name, tag);
        break;
      case Mode::in_column_group:
        again = end_in_column_group(name, tag);
        break;
      case Mode::in_table_body:
        again = end_in_table_body(name, tag);
        break;
      case Mode::in_row:
        again = end_in_row(name, tag);
        break;
      case Mode::in_cell:
        again = end_in_cell(name, tag);
        break;
      case Mode::in_select:
      case Mode::in_select_in_table:
        again = end_in_select(name, tag);
        break;
      case Mode::in_template:
        if (tag == Tag::template_) {
          end_template();
        }
        return;
      case Mode::after_body:
        if (tag == Tag::html) {
          set_mode(Mode::after_after_body);
          return;
        }
        [[fallthrough]];
      case Mode::after_after_body:
        set_mode(Mode::in_body);
        observer_.body_reopened();
        break;
    }
  }
}

// What came before may have brought <html> and <body> already, when they were of no account.
void Tree::see_whole_page() {
  if (!whole_page_ && !stack_.empty()) {
    whole_page_ = true;
    observer_.page_is_whole(stack_);
  }
  whole_page_ = true;
}

TagContent Tree::start_tag(const StartTag& tag) {
  left_open_ = 0;
  // An <html> in a drawing is an element of the drawing; the others would end it.
  if (tag.tag == Tag::head || tag.tag == Tag::body ||
      (tag.tag == Tag::html && !in_foreign_content())) {
    see_whole_page();
  }
  content_ = ContentModel::markup;
  dispatch_start(tag);
  next_shaky_ = false;
  if (content_ == ContentModel::markup) {
    return {};
  }
  return {content_, name_of(tag.tag)};
}

void Tree::end_tag(NameKey name, Tag tag) {
  left_open_ = 0;
  if (raw_open_) {
    raw_open_ = false;
    pop(ElementEnd::own_tag);
    return;
  }
  dispatch_end(name, tag);
}

Tree::Text Tree::take_text(std::string_view& rest) {
  auto kind_of = [](char c) {
    return ascii::is_html_space(c) ? Text::space : c == '\0' ? Text::null : Text::word;
  };
  Text kind = kind_of(rest.front());
  std::size_t size = kind == Text::word ? rest.size() : 1;
  while (size < rest.size() && kind_of(rest[size]) == kind) {
    ++size;
  }
  rest.remove_prefix(size);
  return kind;
}

void Tree::text(Text text) {
  left_open_ = 0;
  if (!stack_.empty()) {
    const OpenElement& node = top();
    bool foreign = node.space != Namespace::html && !is_html_integration(node) &&
                   !is_mathml_text_integration(node);
    if (foreign) {
      return;
    }
  }
  if (text != Text::space) {
    if (mode_ == Mode::initial) {
      set_mode(Mode::before_html);
    }
    if (mode_ == Mode::before_html) {
      imply_html();
    }
    if (mode_ == Mode::before_head) {
      imply_head();
    }
    if (mode_ == Mode::in_head) {
      leave_head();
    }
    if (mode_ == Mode::after_head) {
      imply_body();
    }
    if (mode_ == Mode::after_body || mode_ == Mode::after_after_body) {
      set_mode(Mode::in_body);
      observer_.body_reopened();
    }
    if (mode_ == Mode::in_column_group && top_is(Tag::colgroup)) {
      pop(ElementEnd::implied);
      set_mode(Mode::in_table);
    }
  }
  if (text == Text::null) {
    return;
  }
  switch (mode_) {
    case Mode::in_table:
    case Mode::in_table_body:
    case Mode::in_row:
      if (text == Text::space) {
        return;
      }
      note_fostering();
      fostering_ = true;
      reconstruct_formatting();
      fostering_ = false;
      return;
    case Mode::in_body:
    case Mode::in_caption:
    case Mode::in_cell:
    case Mode::in_template:
    case Mode::after_body:
    case Mode::after_after_body:
      reconstruct_formatting();
      return;
    default:
      return;
  }
}

void Tree::end_of_page() {
  left_open_ = 0;
  if (raw_open_) {
    raw_open_ = false;
    pop(ElementEnd::page);
  }
  while (find_open(Tag::template_) != no_element) {
    std::size_t index = find_open(Tag::template_);
    while (stack_.size() > index) {
      pop(ElementEnd::page);
    }
    clear_formatting_to_marker();
    if (!template_modes_.empty()) {
      template_modes_.pop_back();
    }
    reset_mode();
  }
  if (mode_ == Mode::in_head || mode_ <= Mode::before_head || mode_ == Mode::after_head) {
    if (mode_ <= Mode::before_html) {
      imply_html();
    }
    if (mode_ == Mode::before_head) {
      imply_head();
    }
    if (mode_ == Mode::in_head) {
      leave_head();
    }
    imply_body();
  }
  while (!stack_.empty()) {
    pop(ElementEnd::page);
  }
}

}  // namespace personalize::rewrite
