// Finds what a browser takes as the charset of a page (WHATWG HTML, 13.2.3 "The input byte stream",
// and the Encoding standard's labels).
//
// The order is: a byte order mark, the response's header, a <meta> among the page's first bytes.
// Text that is inserted is UTF-8; a page that does not say that it is UTF-8 may be read as anything
// else, so that what is not ASCII has to go in as character references.
#pragma once

#include <cstdint>
#include <string_view>

namespace personalize {

enum class Charset : std::uint8_t {
  unknown,  // nothing is said
  utf8,
  other,           // one in which ASCII's bytes mean ASCII, or an unknown label
  not_like_ascii,  // bytes of text can be mistaken for markup: UTF-16, ISO-2022-JP …
};

// Returns the charset of a label, in any case and with white space around it.
Charset charset_of(std::string_view label) noexcept;

}  // namespace personalize
