// Addresses in attributes, judged as a browser reads them: with character references decoded,
// blanks around the address dropped, and tabs and line ends dropped anywhere in it (HTML,
// section 13.2.5.72; URL Standard, "basic URL parser"). Of named references only &amp; &lt; &gt;
// &quot; &apos; are decoded: templates whose addresses contain others beside a value are refused
// (markup.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace personalize {

// Reads what a browser keeps of an address, one byte or decoded code point after another.
class AddressReader {
 public:
  // `text` is the address as it stands in an attribute.
  explicit AddressReader(std::string_view text) : rest_(text) {}

  // Returns the next code point (bytes beyond ASCII one by one); nothing at the end.
  std::optional<std::uint32_t> next();

 private:
  std::uint32_t take();

  std::string_view rest_;
  bool has_begun_ = false;
};

// Returns what AddressReader reads; code points beyond ASCII become U+FFFD.
std::string decode_address(std::string_view text);

// Returns the code point of a numeric or named reference, from its `&` to its end with or without
// `;`: "&#58;", "&#x3a", "&amp;". Nothing if it is not one that is decoded here.
std::optional<std::uint32_t> decode_reference(std::string_view reference);

// Returns whether an address is relative or has the scheme http, https, mailto or tel: it leads
// somewhere and runs nothing.
bool is_safe_address(std::string_view text);

// Returns whether the address has a '?' or '#', so that what follows is its query or fragment.
bool has_query(std::string_view text);

// Returns whether the address is a single slash (or a backslash, which browsers take for one), so
// that another one would make what follows a host.
bool is_root(std::string_view text);

// Returns whether the address begins with two slashes, and so with a host.
bool begins_with_host(std::string_view text);

// Returns whether an address, which may be a template, names a host: "https://HOST/…", "//HOST/…".
bool names_host(std::string_view address);

// Returns whether an address, which may be a template, says by itself on which host it is: the host
// that it names, or the page's, is the same whatever its values are.
bool has_fixed_host(std::string_view address);

}  // namespace personalize
