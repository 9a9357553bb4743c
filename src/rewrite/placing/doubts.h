// Decides whether content put into a place would stand there in a browser's tree, and nothing else
// of the page would change. Doubt::none if both are certain.
//
// Examples of places that look harmless (content is <p>new</p>, the slot is at <b id=x>):
//
//   <table><tr><b id=x>           the parser moves <b> before the table     foster_parent
//   <i>one<p>two</i><b id=x>      content would stand in a second <i>, which
//                                 the parser has still to reopen            end_uncertain
//   <select><b id=x>              dropped by some browsers                  end_uncertain
//   <div id=x> … end of page      without its end tag it takes in the rest  end_uncertain
#pragma once

#include <memory_resource>
#include <string>

#include "personalize/rewrite/rewrite.h"
#include "rewrite/placing/position.h"
#include "rewrite/tree/tree.h"

namespace personalize::rewrite {

// An element whose content is found or whose end is waited for.
struct ElementPlace {
  Placement placement;
  bool holds;           // bytes of the page from `begin` on may still be replaced
  std::uint64_t begin;  // of what is replaced
};

// Returns whether the parser drops a line feed right behind the start tag.
bool drops_line_feed(const OpenElement& element);

// Returns the doubt about markup directly in `parent`.
Doubt doubt_within(const OpenElement& parent);

// Returns the doubt about a place at `element`, which has just been opened as the tree's top.
Doubt doubt_of_place(Placement placement, const OpenElement& element, const Tree& tree,
                     const Position& position);

// Returns the doubt about a place at `element`, which has ended as `end` and is off the stack.
// `end_begin`: where its content ends. `most`: bytes of default content that may be replaced.
Doubt doubt_of_end(const ElementPlace& place, const OpenElement& element, ElementEnd end,
                   std::uint64_t end_begin, const Tree& tree, const Position& position,
                   std::uint64_t most);

// Returns whether content at the end of `element` goes behind all that the page has: what comes
// after </body> is still put into the element. Not where other content there could end it.
bool goes_behind_page(Placement placement, const OpenElement& element, ElementEnd end);

// Returns whether content behind `element`, which has ended before the present token without its
// end tag, stands beside it if that end tag goes before it.
bool takes_end_tag(const OpenElement& element, const Tree& tree);

// Returns whether content at the end of body, where the present token stands, stays there: not in
// what is still open and would lose or move it.
bool takes_body_end(const Tree& tree);

// Returns whether <script> and <template>, put before the present token, are elements that work:
// nothing that is open makes other ones of them, or keeps them from being found. They reopen no
// formatting, and a table or <select> keeps them.
bool takes_scripts(const Tree& tree);

// Appends the end tags at the end of the page of what is open and would not take these.
void append_ends_before_scripts(const Tree& tree, std::pmr::string& out);

}  // namespace personalize::rewrite
