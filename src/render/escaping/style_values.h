// Values in CSS, in a <style> or a style attribute. What is written is ASCII without quotes, and
// without < > & of the value's own.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize {

// Appends the value of a declaration if it consists of plain words, numbers and colors with blanks
// or commas between them: ASCII letters, digits and "-_.#%+". Returns false, and appends nothing,
// if it does not.
bool append_plain_style(std::string_view value, std::pmr::string& out);

// Escapes for the inside of a string of CSS.
void escape_style_string(std::string_view value, std::pmr::string& out);

// Escapes an address for the inside of a string of CSS. Appends nothing if the address would run
// something.
void escape_style_address(std::string_view value, std::pmr::string& out);

}  // namespace personalize
