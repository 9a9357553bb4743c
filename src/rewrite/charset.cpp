#include "personalize/rewrite/charset.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "rewrite/meta_charset.h"
#include "rewrite/tokenizer/attribute.h"

namespace personalize {
namespace {

// All labels of UTF-8.
constexpr std::string_view utf8[] = {"utf-8",         "utf8",          "unicode-1-1-utf-8",
                                     "unicode11utf8", "unicode20utf8", "x-unicode20utf8"};

// The beginnings of labels of encodings in which the byte of `<` is not, or not always, a `<`.
// Browsers do not know all of them.
constexpr std::string_view not_like_ascii[] = {
    "utf-16",   "utf-32",    "utf-7",     "ucs-2",  "ucs-4",      "iso-10646-ucs",
    "iso-2022", "csiso2022", "csiso2022", "hz-gb",  "unicode",    "csunicode",
    "scsu",     "bocu",      "ebcdic",    "ibm037", "replacement"};

bool starts(std::string_view text, std::string_view lower) {
  return ascii::equal_ignoring_case(text.substr(0, lower.size()), lower);
}

// Returns the charset of a value such as "text/html; charset=utf-8", as the standard's "algorithm
// for extracting a character encoding from a meta element" finds it.
std::string_view label_in(std::string_view content) {
  constexpr std::string_view name = "charset";
  const auto skip_space = [&content] {
    while (!content.empty() && ascii::is_html_space(content.front())) {
      content.remove_prefix(1);
    }
  };
  while (content.size() > name.size()) {
    if (!starts(content, name)) {
      content.remove_prefix(1);
      continue;
    }
    content.remove_prefix(name.size());
    skip_space();
    if (content.empty() || content.front() != '=') {
      continue;
    }
    content.remove_prefix(1);
    skip_space();
    if (content.empty()) {
      return {};
    }
    const char quote = content.front();
    if (quote == '"' || quote == '\'') {
      const std::size_t end = content.find(quote, 1);
      return end == std::string_view::npos ? std::string_view() : content.substr(1, end - 1);
    }
    const auto* end = std::find_if(content.begin(), content.end(),
                                   [](char c) { return c == ';' || ascii::is_html_space(c); });
    return content.substr(0, static_cast<std::size_t>(end - content.begin()));
  }
  return {};
}

}  // namespace

Charset charset_of(std::string_view label) noexcept {
  label = ascii::trim_html_space(label);
  if (label.empty()) {
    return Charset::unknown;
  }
  for (std::string_view utf8 : utf8) {
    if (ascii::equal_ignoring_case(label, utf8)) {
      return Charset::utf8;
    }
  }
  for (std::string_view beginning : not_like_ascii) {
    if (starts(label, beginning)) {
      return Charset::not_like_ascii;
    }
  }
  return Charset::other;
}

namespace rewrite {

Charset meta_charset(std::string_view tag, std::size_t name_length) noexcept {
  std::string_view label;
  std::string_view content;
  bool is_pragma = false;
  AttributeWalk walk(tag, name_length);
  TagAttribute attribute;
  while (walk.next(attribute)) {
    if (ascii::equal_ignoring_case(attribute.name, "charset")) {
      if (label.data() == nullptr) {
        label = attribute.value;
      }
    } else if (ascii::equal_ignoring_case(attribute.name, "content")) {
      if (content.data() == nullptr) {
        content = attribute.value;
      }
    } else if (ascii::equal_ignoring_case(attribute.name, "http-equiv")) {
      is_pragma = is_pragma || ascii::equal_ignoring_case(attribute.value, "content-type");
    }
  }
  if (label.empty() && is_pragma) {
    label = label_in(content);
  }
  // A <meta> that could be read at all is not in UTF-16.
  if (starts(ascii::trim_html_space(label), "utf-16")) {
    return Charset::utf8;
  }
  return charset_of(label);
}

}  // namespace rewrite
}  // namespace personalize
