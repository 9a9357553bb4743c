// Selectors that are matched in the browser.
#pragma once

#include <string_view>

namespace personalize {

// Returns whether the text is a list of selectors by the grammar of CSS Selectors Level 4. Names of
// pseudo-classes and what is in their parentheses are not looked at (but what is opened there must
// end): browsers learn new ones. At what is none the browser would throw.
bool is_selector(std::string_view text);

// Returns whether it is one that asks for elements by their names, attributes and places alone.
// What visitors do (:hover, :checked) changes nothing of what it matches.
bool is_structural_selector(std::string_view text);

}  // namespace personalize
