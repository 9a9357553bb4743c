// Values in scripts and in blocks of JSON.
//
// What is written is ASCII, without any character that HTML, XML or a script reads as more than
// itself: no < > & and no quote of the value's own. So a page in any charset, in HTML or XHTML, and
// JavaScript before 2019 (which ends strings at U+2028) read it alike.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/base/value.h"

namespace personalize {

// Appends text for a string literal of JavaScript, whatever its quotes, or of JSON. Any bytes are
// taken; those that are not UTF-8 become U+FFFD.
void escape_script_string(std::string_view text, std::pmr::string& out);

// Appends a character as an escape of JavaScript or JSON: of two units beyond U+FFFF.
void append_script_escape(std::uint32_t code, std::pmr::string& out);

// Appends any value as JSON: null for a missing one and for numbers that are not finite.
void append_json(const Value& value, std::pmr::string& out);

// Appends any value as an expression of JavaScript: JSON, but with a blank before a negative
// number, which must not become "--" with a '-' before it, and with the member "__proto__" as an
// ordinary one.
void append_script_literal(const Value& value, std::pmr::string& out);

}  // namespace personalize
