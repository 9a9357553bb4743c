#include "render/escaping/style_values.h"

#include <algorithm>
#include <charconv>

#include "base/text/ascii.h"
#include "base/text/utf8.h"
#include "render/escaping/address.h"
#include "render/escaping/escape.h"

namespace personalize {

namespace {

bool is_plain(char c) {
  return ascii::is_letter(c) || ascii::is_digit(c);
}

// Appends `\26 `: the blank ends it, and is no part of the string.
void append_escaped(std::uint32_t code, std::pmr::string& out) {
  char digits[8];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), code, 16).ptr;
  out += '\\';
  out.append(digits, end);
  out += ' ';
}

}  // namespace

bool append_plain_style(std::string_view value, std::pmr::string& out) {
  const auto allowed = [](char c) {
    return is_plain(c) || std::string_view(" ,-_.#%+").find(c) != std::string_view::npos;
  };
  const bool is_allowed = std::all_of(value.begin(), value.end(), allowed);
  if (is_allowed) {
    out += value;
  }
  return is_allowed;
}

void escape_style_string(std::string_view value, std::pmr::string& out) {
  while (!value.empty()) {
    const char c = value.front();
    if (is_plain(c) || std::string_view(" -_.,:;!?/").find(c) != std::string_view::npos) {
      out += c;
      value.remove_prefix(1);
      continue;
    }
    const auto code = take_code_point(value);
    append_escaped(code == 0 ? replacement_code_point : code, out);
  }
}

void escape_style_address(std::string_view value, std::pmr::string& out) {
  const auto begin = out.size();
  escape_url(value, out);
  if (!is_safe_address(std::string_view(out).substr(begin))) {
    out.resize(begin);
    return;
  }
  constexpr std::string_view reference = "&amp;";
  for (auto at = out.find(reference, begin); at != std::pmr::string::npos;
       at = out.find(reference, at)) {
    out.replace(at, reference.size(), "%26");
  }
}

}  // namespace personalize
