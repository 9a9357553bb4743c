// Escaping of values for the place of an HTML page in which they stand.
//
// All take any bytes. Bytes that are not UTF-8, and control characters other than tabs and line
// ends, become U+FFFD: a stray lead byte must not swallow the markup that follows, nor an escape
// sequence of ISO-2022-JP a quote, and the result can be converted to another charset and is XML.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize {

// Escapes for text and quoted attribute values: replaces & < > " ' by references.
void escape_html(std::string_view value, std::pmr::string& out);

// Escapes for the path of an address in a quoted attribute: what RFC 3986 does not allow there is
// percent-encoded, what is encoded already stays, delimiters keep their meaning.
void escape_url(std::string_view value, std::pmr::string& out);

// Does the same for one address of a srcset, which commas and blanks would end.
void escape_srcset_url(std::string_view value, std::pmr::string& out);

// Escapes a whole srcset, "a.jpg 320w, b.jpg 640w", or one address of it: each address for itself.
// An address that would run something becomes "#".
void escape_candidates(std::string_view value, std::pmr::string& out);

// For an address that loads code: appends the value if it consists of ASCII letters, digits, '-'
// and
// '_', so that it stays within its path segment. Returns false, and appends nothing, if it does
// not.
bool append_plain_segment(std::string_view value, std::pmr::string& out);

// Escapes for one part of a query or fragment: like encodeURIComponent, and ' ( ) * ! as well.
void escape_url_component(std::string_view value, std::pmr::string& out);

}  // namespace personalize
