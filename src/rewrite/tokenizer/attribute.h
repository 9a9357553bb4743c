// The attributes of one complete start tag.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "rewrite/tokenizer/name.h"

namespace personalize::rewrite {

// Views into the tag, as written: name in any case, character references not decoded.
struct TagAttribute {
  std::string_view name;
  std::string_view value;
  const char* end = nullptr;  // in the tag, behind the value and its quote, or else the name
};

// Walks the attributes of a start tag in their order, duplicates included: of those the first
// counts. `tag` runs from '<' to '>', both included, as the tokenizer found it; so the walk follows
// the tokenizer's states (WHATWG HTML, 13.2.5.32 to 13.2.5.40) without looking for the end.
class AttributeWalk {
 public:
  // `name_length` is that of the tag's name.
  AttributeWalk(std::string_view tag, std::size_t name_length)
      : at_(tag.data() + 1 + name_length), end_(tag.data() + tag.size() - 1) {}

  bool next(TagAttribute& attribute);

  // Call it when there are no more. Returns whether the last value's quote was not closed, so that
  // the '>' was part of it.
  bool in_value() const { return in_value_; }

 private:
  const char* at_;
  const char* end_;  // the closing '>'
  bool in_value_ = false;
};

// Returns the value of a start tag's attribute; `found` is set to whether it is there. `name` is
// lower-case.
std::string_view find_attribute(std::string_view tag, std::size_t name_length,
                                std::string_view name, bool& found);

// Returns whether the tag's text ends it as self-closing: "/>", if the solidus is not part of a
// value.
bool is_self_closing(std::string_view tag, std::size_t name_length);

// Calls visit(word) for each word of a value that is a set of them, such as class.
template <class Visit>
void each_word(std::string_view value, Visit visit) {
  while (!value.empty()) {
    std::size_t length = 0;
    while (length < value.size() && !ascii::is_html_space(value[length])) {
      ++length;
    }
    if (length != 0) {
      visit(value.substr(0, length));
    }
    value.remove_prefix(length < value.size() ? length + 1 : length);
  }
}

// Returns whether a value must be decoded before it is compared.
inline bool needs_decoding(std::string_view value) {
  for (char c : value) {
    if (c == '&' || c == '\0' || c == '\r') {
      return true;
    }
  }
  return false;
}

// Decodes a value as the parser does: numeric references and the named ones that pages use in
// attributes are decoded, NUL becomes U+FFFD, CR and CR LF become LF. Returns false if a named
// reference, which has a semicolon, is not one of those known here: then the value is not known.
bool decode_value(std::string_view value, std::pmr::string& decoded);

}  // namespace personalize::rewrite
