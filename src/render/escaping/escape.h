// Escaping of values for the place of an HTML page in which they stand.
//
// All take any bytes. What is not UTF-8, and NUL, becomes U+FFFD: a stray lead byte must not join
// with the markup that follows, and what leaves here can be transcoded.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize {

// For text and for quoted attribute values: & < > " ' as references.
void escape_html(std::string_view value, std::pmr::string& out);

// For the path of a URL in a quoted attribute: what RFC 3986 does not allow there is
// percent-encoded, what is already encoded stays, delimiters keep their meaning.
void escape_url(std::string_view value, std::pmr::string& out);

// The same for one URL of a srcset, in which commas and blanks would end it.
void escape_srcset_url(std::string_view value, std::pmr::string& out);

// For one part of a query or fragment: as encodeURIComponent, and ' ( ) * ! too.
void escape_url_component(std::string_view value, std::pmr::string& out);

// Whether a URL, as escaped above or as it stands in a quoted attribute, is relative or has the
// scheme http, https, mailto or tel: that is, it leads somewhere and runs nothing.
bool is_safe_url(std::string_view url);

}  // namespace personalize
