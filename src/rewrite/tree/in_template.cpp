// The insertion mode "in template" (WHATWG HTML, 13.2.6.4.18), and the end of a <template>.
#include "rewrite/tree/tree.h"

#include "rewrite/tree/element_groups.h"

namespace personalize::rewrite {

bool Tree::start_in_template(const StartTag& tag) {
  if (belongs_in_head(tag.tag)) {
    return start_in_head(tag);
  }
  Mode mode = Mode::in_body;
  if (is_one_of(tag.tag, {Tag::caption, Tag::colgroup, Tag::tbody, Tag::tfoot, Tag::thead})) {
    mode = Mode::in_table;
  } else if (tag.tag == Tag::col) {
    mode = Mode::in_column_group;
  } else if (tag.tag == Tag::tr) {
    mode = Mode::in_table_body;
  } else if (tag.tag == Tag::td || tag.tag == Tag::th) {
    mode = Mode::in_row;
  }
  if (!template_modes_.empty()) {
    template_modes_.back() = mode;
  }
  set_mode(mode);
  return true;
}

void Tree::end_template() {
  std::size_t index = find_open(Tag::template_);
  if (index == no_element) {
    note_outlasting();
    return;
  }
  pop_to_marked(index, true);
  if (!template_modes_.empty()) {
    template_modes_.pop_back();
  }
  reset_mode();
}

}  // namespace personalize::rewrite
