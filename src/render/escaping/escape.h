// Escaping of values for the place of an HTML page in which they stand.
//
// All take any bytes. Bytes that are not UTF-8, and NUL, become U+FFFD: a stray lead byte must not
// swallow the markup that follows, and the result can be converted to another charset.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize {

// Escapes for text and quoted attribute values: & < > " ' become references.
void escape_html(std::string_view value, std::pmr::string& out);

// Escapes for the path of an address in a quoted attribute: what RFC 3986 does not allow there is
// percent-encoded, what is encoded already stays, delimiters keep their meaning.
void escape_url(std::string_view value, std::pmr::string& out);

// The same for one address of a srcset, which commas and blanks would end.
void escape_srcset_url(std::string_view value, std::pmr::string& out);

// Escapes for one part of a query or fragment: like encodeURIComponent, and ' ( ) * ! as well.
void escape_url_component(std::string_view value, std::pmr::string& out);

// Returns whether an address, as escaped above or as it stands in a quoted attribute, is relative
// or has the scheme http, https, mailto or tel: it leads somewhere and runs nothing.
bool is_safe_url(std::string_view url);

}  // namespace personalize
