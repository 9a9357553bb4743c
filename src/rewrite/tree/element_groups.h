// Groups of elements that several insertion modes ask for.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "rewrite/tokenizer/tag.h"
#include "rewrite/tree/element_stack.h"

namespace personalize::rewrite {

inline bool is_one_of(Tag tag, std::initializer_list<Tag> tags) {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

// Returns whether it is a "MathML text integration point" of the standard.
inline bool is_mathml_text_integration(const OpenElement& element) {
  return element.space == Namespace::math &&
         is_one_of(element.tag, {Tag::mi, Tag::mo, Tag::mn, Tag::ms, Tag::mtext});
}

// Returns whether it is an element of SVG among the "HTML integration points".
inline bool is_svg_integration(const OpenElement& element) {
  return element.space == Namespace::svg &&
         is_one_of(element.tag, {Tag::foreign_object, Tag::desc, Tag::title});
}

inline bool is_html_integration(const OpenElement& element) {
  return is_svg_integration(element) || element.html_integration;
}

// Returns whether it is in the "special" category (WHATWG HTML, 13.2.4.2), in all namespaces.
inline bool is_special(const OpenElement& element) {
  return element.has(trait::special) || is_mathml_text_integration(element) ||
         is_svg_integration(element) ||
         (element.space == Namespace::math && element.tag == Tag::annotation_xml);
}

// Tags that "in head" processes, whatever the insertion mode.
inline bool belongs_in_head(Tag tag) {
  return is_one_of(tag, {Tag::base, Tag::basefont, Tag::bgsound, Tag::link, Tag::meta,
                         Tag::noframes, Tag::script, Tag::style, Tag::template_, Tag::title});
}

inline bool is_table_row_group(Tag tag) {
  return is_one_of(tag, {Tag::tbody, Tag::tfoot, Tag::thead});
}

inline bool is_table_structure(Tag tag) {
  return is_one_of(tag, {Tag::caption, Tag::col, Tag::colgroup, Tag::tbody, Tag::td, Tag::tfoot,
                         Tag::th, Tag::thead, Tag::tr});
}

}  // namespace personalize::rewrite
