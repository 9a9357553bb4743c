// Selectors that are matched in the browser.
#pragma once

#include <string_view>

namespace personalize {

// Returns whether the text is a list of selectors by the grammar of CSS Selectors Level 4. Names of
// pseudo-classes and what is in their parentheses are not looked at: browsers learn new ones. At
// what is none the browser would throw.
bool is_selector(std::string_view text);

}  // namespace personalize
