// The rules for tokens in foreign content: SVG and MathML (WHATWG HTML, 13.2.6.5).
#include "rewrite/tree/tree.h"

#include "base/text/ascii.h"
#include "rewrite/tokenizer/attribute.h"
#include "rewrite/tree/element_groups.h"

namespace personalize::rewrite {

bool Tree::uses_foreign_rules(const StartTag& tag) const {
  if (stack_.empty()) {
    return false;
  }
  const OpenElement& node = stack_.back();
  if (node.space == Namespace::html || is_html_integration(node)) {
    return false;
  }
  if (is_mathml_text_integration(node) && tag.tag != Tag::mglyph && tag.tag != Tag::malignmark) {
    return false;
  }
  return !(node.space == Namespace::math && node.tag == Tag::annotation_xml && tag.tag == Tag::svg);
}

bool Tree::start_foreign(const StartTag& tag) {
  bool breaks_out = has_trait(tag.tag, trait::breaks_out);
  if (tag.tag == Tag::font) {
    for (std::string_view name : {"color", "face", "size"}) {
      bool found = false;
      find_attribute(tag.raw->text, tag.raw->name_length, name, found);
      breaks_out = breaks_out || found;
    }
  }
  if (!breaks_out) {
    insert_foreign(tag, top().space);
    return false;
  }
  while (top().space != Namespace::html && !is_mathml_text_integration(top()) &&
         !is_html_integration(top())) {
    pop(ElementEnd::implied);
  }
  return true;
}

// Returns whether the end tag is to be processed as HTML content's.
bool Tree::end_foreign(NameKey name, Tag tag) {
  if (tag == Tag::br || tag == Tag::p) {
    while (top().space != Namespace::html && !is_mathml_text_integration(top()) &&
           !is_html_integration(top())) {
      pop(ElementEnd::implied);
    }
    return true;
  }
  for (std::size_t i = stack_.size(); i-- > 1;) {
    if (stack_[i].space == Namespace::html) {
      return true;
    }
    if (stack_[i].name == name) {
      pop_to(i, true);
      return false;
    }
  }
  return false;
}

void Tree::insert_foreign(const StartTag& tag, Namespace space) {
  OpenElement& element = push(tag.name, tag.tag, space, false);
  if (tag.tag == Tag::annotation_xml && space == Namespace::math) {
    bool found = false;
    std::string_view encoding =
        find_attribute(tag.raw->text, tag.raw->name_length, "encoding", found);
    element.html_integration = ascii::equal_ignoring_case(encoding, "text/html") ||
                               ascii::equal_ignoring_case(encoding, "application/xhtml+xml");
  }
  if (is_self_closing(tag.raw->text, tag.raw->name_length)) {
    pop(ElementEnd::no_content);
  }
}

}  // namespace personalize::rewrite
