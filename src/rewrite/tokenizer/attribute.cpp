#include "rewrite/tokenizer/attribute.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "base/text/utf8.h"

namespace personalize::rewrite {
namespace {

// The characters of numeric references in the C1 range (WHATWG HTML, 13.2.5.80).
constexpr std::uint16_t c1[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                  0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                  0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                  0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

struct NamedReference {
  std::string_view name;
  std::string_view text;
};

constexpr NamedReference named[] = {
    {"apos", "'"},
    {"Tab", "\t"},
    {"NewLine", "\n"},
    {"num", "#"},
    {"colon", ":"},
    {"period", "."},
    {"sol", "/"},
    {"lowbar", "_"},
    {"equals", "="},
    {"commat", "@"},
    {"euro", "\xE2\x82\xAC"},
    {"ndash", "\xE2\x80\x93"},
    {"mdash", "\xE2\x80\x94"},
    {"hellip", "\xE2\x80\xA6"},
    {"lsquo", "\xE2\x80\x98"},
    {"rsquo", "\xE2\x80\x99"},
    {"ldquo", "\xE2\x80\x9C"},
    {"rdquo", "\xE2\x80\x9D"},
    {"bdquo", "\xE2\x80\x9E"},
    {"bull", "\xE2\x80\xA2"},
    {"trade", "\xE2\x84\xA2"},
};

// All that also count without a semicolon, as they did in HTML 4: those of markup …
constexpr NamedReference legacy[] = {
    {"amp", "&"}, {"AMP", "&"},   {"lt", "<"},    {"LT", "<"},          {"gt", ">"},
    {"GT", ">"},  {"quot", "\""}, {"QUOT", "\""}, {"COPY", "\xC2\xA9"}, {"REG", "\xC2\xAE"},
};
// … and those of Latin-1, from U+00A0 on.
constexpr std::string_view latin1[] = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",
    "copy",   "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn",
    "sup2",   "sup3",   "acute",  "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",
    "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde",
    "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave",
    "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde",
    "Ouml",   "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",
    "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil",
    "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",   "eth",
    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave",
    "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml",
};

// Appends the character of a reference, if it is one known here. Returns whether it is.
bool append_named(std::string_view name, bool has_semicolon, std::pmr::string& out) {
  const auto has_name = [&](const NamedReference& one) { return one.name == name; };
  const auto* found = std::find_if(std::begin(legacy), std::end(legacy), has_name);
  if (found != std::end(legacy)) {
    out += found->text;
    return true;
  }
  const auto* letter = std::find(std::begin(latin1), std::end(latin1), name);
  if (letter != std::end(latin1)) {
    append_utf8(0xA0 + static_cast<std::uint32_t>(letter - std::begin(latin1)), out);
    return true;
  }
  const auto* other = std::find_if(std::begin(named), std::end(named), has_name);
  if (!has_semicolon || other == std::end(named)) {
    return false;
  }
  out += other->text;
  return true;
}

bool is_hex_digit(char c) {
  return ascii::is_digit(c) ||
         static_cast<unsigned char>((static_cast<unsigned char>(c) | 0x20) - 'a') < 6;
}

bool is_alphanumeric(char c) {
  return ascii::is_digit(c) || ascii::is_letter(c);
}

// At "&#": appends the character of the reference, or nothing if it is not one. Returns its length.
std::size_t decode_numeric(std::string_view at, std::pmr::string& out) {
  bool hex = at.size() > 2 && (at[2] == 'x' || at[2] == 'X');
  std::size_t i = hex ? 3 : 2;
  std::size_t digits = i;
  std::uint32_t code = 0;
  for (; i < at.size() && (hex ? is_hex_digit(at[i]) : ascii::is_digit(at[i])); ++i) {
    auto digit = static_cast<std::uint32_t>(ascii::is_digit(at[i]) ? at[i] - '0'
                                                                   : (at[i] | 0x20) - 'a' + 10);
    if (code <= 0x10FFFF) {
      code = code * (hex ? 16 : 10) + digit;
    }
  }
  if (i == digits) {
    return 0;
  }
  if (i < at.size() && at[i] == ';') {
    ++i;
  }
  if (code >= 0x80 && code < 0xA0) {
    code = c1[code - 0x80];
  }
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    code = 0xFFFD;
  }
  append_utf8(code, out);
  return i;
}

// Returns whether the byte, within a tag, ends the name of an attribute.
bool ends_name(char c) {
  constexpr std::uint64_t ends = std::uint64_t{1} << ' ' | std::uint64_t{1} << '\t' |
                                 std::uint64_t{1} << '\n' | std::uint64_t{1} << '\f' |
                                 std::uint64_t{1} << '\r' | std::uint64_t{1} << '/' |
                                 std::uint64_t{1} << '=';
  const auto byte = static_cast<unsigned char>(c);
  return byte < 64 && (ends >> byte & 1) != 0;
}

}  // namespace

bool AttributeWalk::next(TagAttribute& attribute) {
  // Before attribute name. After a solidus that does not end the tag the parser is here as well.
  while (at_ < end_ && (*at_ == '/' || ascii::is_html_space(*at_))) {
    ++at_;
  }
  if (at_ >= end_) {
    return false;
  }

  // Attribute name; an equals sign in the first place belongs to it.
  const char* name = at_++;
  while (at_ < end_ && !ends_name(*at_)) {
    ++at_;
  }
  attribute.name = {name, static_cast<std::size_t>(at_ - name)};
  attribute.value = {};
  attribute.end = at_;

  const char* after = at_;
  while (after < end_ && ascii::is_html_space(*after)) {
    ++after;
  }
  if (after >= end_ || *after != '=') {
    at_ = after;
    return true;
  }
  at_ = after + 1;
  while (at_ < end_ && ascii::is_html_space(*at_)) {
    ++at_;
  }
  attribute.end = at_;
  if (at_ >= end_) {
    return true;
  }

  if (*at_ == '"' || *at_ == '\'') {
    char quote = *at_++;
    const char* value = at_;
    const void* close = std::memchr(value, quote, static_cast<std::size_t>(end_ - value));
    at_ = close == nullptr ? end_ : static_cast<const char*>(close);
    attribute.value = {value, static_cast<std::size_t>(at_ - value)};
    in_value_ = at_ >= end_;
    if (!in_value_) {
      ++at_;
    }
  } else {
    const char* value = at_;
    while (at_ < end_ && !ascii::is_html_space(*at_)) {
      ++at_;
    }
    attribute.value = {value, static_cast<std::size_t>(at_ - value)};
  }
  attribute.end = at_;
  return true;
}

std::string_view find_attribute(std::string_view tag, std::size_t name_length,
                                std::string_view name, bool& found) {
  AttributeWalk walk(tag, name_length);
  TagAttribute attribute;
  while (walk.next(attribute)) {
    if (ascii::equal_ignoring_case(attribute.name, name)) {
      found = true;
      return attribute.value;
    }
  }
  found = false;
  return {};
}

bool is_self_closing(std::string_view tag, std::size_t name_length) {
  if (tag.size() < 3 || tag[tag.size() - 2] != '/') {
    return false;
  }
  AttributeWalk walk(tag, name_length);
  TagAttribute attribute;
  while (walk.next(attribute)) {
    if (attribute.value.data() != nullptr &&
        attribute.value.data() + attribute.value.size() == tag.data() + tag.size() - 1) {
      return false;  // the solidus ends an unquoted value
    }
  }
  return true;
}

bool decode_value(std::string_view value, std::pmr::string& decoded) {
  decoded.clear();
  for (std::size_t i = 0; i < value.size();) {
    char c = value[i];
    if (c == '\0') {
      decoded += "\xEF\xBF\xBD";
      ++i;
    } else if (c == '\r') {
      decoded += '\n';
      i += i + 1 < value.size() && value[i + 1] == '\n' ? 2 : 1;
    } else if (c != '&') {
      decoded += c;
      ++i;
    } else if (i + 1 < value.size() && value[i + 1] == '#') {
      std::size_t length = decode_numeric(value.substr(i), decoded);
      if (length == 0) {
        decoded += c;
      }
      i += length == 0 ? 1 : length;
    } else {
      std::size_t end = i + 1;
      while (end < value.size() && is_alphanumeric(value[end])) {
        ++end;
      }
      std::string_view name = value.substr(i + 1, end - i - 1);
      bool semicolon = end < value.size() && value[end] == ';';
      // Without a semicolon "&copy=1" and "&copyright" in an attribute are plain text, as is what
      // is no name of old: "H&M".
      const bool is_plain = !semicolon && end < value.size() && value[end] == '=';
      if (!name.empty() && !is_plain && append_named(name, semicolon, decoded)) {
        i = end + (semicolon ? 1 : 0);
      } else if (semicolon && !name.empty()) {
        return false;
      } else {
        decoded.append(value.substr(i, end - i));
        i = end;
      }
    }
  }
  return true;
}

}  // namespace personalize::rewrite
