#include "render/escaping/escape.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text/ascii.h"
#include "base/text/html.h"
#include "base/text/utf8.h"
#include "render/escaping/address.h"

namespace personalize {

namespace {

using Set = std::array<bool, 256>;

constexpr Set make_set(std::string_view characters, bool alphanumeric) {
  Set set{};
  for (const char c : characters) {
    set[static_cast<unsigned char>(c)] = true;
  }
  if (alphanumeric) {
    for (int c = 0; c < 128; ++c) {
      if (ascii::is_letter(static_cast<char>(c)) || ascii::is_digit(static_cast<char>(c))) {
        set[static_cast<std::size_t>(c)] = true;
      }
    }
  }
  return set;
}

// Returns whether text may contain the code point. Control characters that no text needs may not:
// ESC and others switch charsets in ISO-2022-JP and its like, so that what follows, a quote of the
// template among it, becomes part of a character. XML allows neither them nor U+FFFE and U+FFFF.
constexpr bool is_text(std::uint32_t code) {
  const bool is_control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
  return is_control ? code == '\t' || code == '\n' || code == '\r'
                    : code != 0xFFFE && code != 0xFFFF;
}

constexpr Set make_html_plain() {
  Set set{};
  for (std::uint32_t c = 0; c < 128; ++c) {
    set[c] = is_text(c) && c != '&' && c != '<' && c != '>' && c != '"' && c != '\'';
  }
  return set;
}

// Characters that are written as they are.
constexpr Set html_plain = make_html_plain();
constexpr Set component_plain = make_set("-_.~", true);
// Reserved characters keep their meaning. Quotes and parentheses are not needed, and would end
// strings elsewhere; '&' becomes a reference.
constexpr Set url_plain = make_set("-_.~:/?#[]@!$*+,;=", true);
constexpr Set srcset_plain = make_set("-_.~:/?#[]@!$*+;=", true);

// Calls plain(run) for runs of characters in `set`, and other(sequence) for each other character,
// as well-formed UTF-8: U+FFFD for what is not text.
template <typename Plain, typename Other>
void walk(std::string_view value, const Set& set, Plain plain, Other other) {
  std::size_t run = 0;
  std::size_t i = 0;
  while (i < value.size()) {
    if (set[static_cast<unsigned char>(value[i])]) {
      ++i;
      continue;
    }
    if (i > run) {
      plain(value.substr(run, i - run));
    }
    auto rest = value.substr(i);
    const auto code = take_code_point(rest);
    const auto length = value.size() - i - rest.size();
    other(code == replacement_code_point || !is_text(code) ? replacement_character
                                                           : value.substr(i, length));
    i += length;
    run = i;
  }
  if (i > run) {
    plain(value.substr(run, i - run));
  }
}

void append_percent(std::string_view bytes, std::pmr::string& out) {
  constexpr char hex[] = "0123456789ABCDEF";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex[byte >> 4];
    out += hex[byte & 15];
  }
}

void escape_url_with(std::string_view value, const Set& set, std::pmr::string& out) {
  // Browsers drop these around an address.
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!value.empty() && is_blank(value.front())) {
    value.remove_prefix(1);
  }
  while (!value.empty() && is_blank(value.back())) {
    value.remove_suffix(1);
  }
  walk(
      value, set, [&](std::string_view run) { out += run; },
      [&](std::string_view sequence) {
        const char c = sequence.front();
        if (c == '&') {
          out += "&amp;";
        } else if (c == '%') {
          const auto at = static_cast<std::size_t>(sequence.data() - value.data());
          const bool encoded = at + 2 < value.size() && ascii::is_hex_digit(value[at + 1]) &&
                               ascii::is_hex_digit(value[at + 2]);
          out += encoded ? "%" : "%25";
        } else {
          append_percent(sequence, out);
        }
      });
}

}  // namespace

void escape_html(std::string_view value, std::pmr::string& out) {
  walk(
      value, html_plain, [&](std::string_view run) { out += run; },
      [&](std::string_view sequence) {
        const auto reference = html_reference(static_cast<unsigned char>(sequence.front()));
        out += reference.empty() ? sequence : reference;
      });
}

void escape_url(std::string_view value, std::pmr::string& out) {
  escape_url_with(value, url_plain, out);
}

void escape_srcset_url(std::string_view value, std::pmr::string& out) {
  escape_url_with(value, srcset_plain, out);
}

namespace {

// Returns whether it is a descriptor of a candidate: "640w", "1.5x".
bool is_descriptor(std::string_view word) {
  constexpr std::size_t most = 10;
  const std::string_view units = "wxh";
  return word.size() >= 2 && word.size() <= most && units.find(word.back()) != units.npos &&
         std::all_of(word.begin(), word.end() - 1,
                     [](char c) { return ascii::is_digit(c) || c == '.'; });
}

void append_candidate(std::string_view candidate, std::pmr::string& out) {
  candidate = ascii::trim_html_space(candidate);
  const auto blank = candidate.find_last_of(" \t\r\n\f");
  std::string_view descriptor;
  if (blank != std::string_view::npos && is_descriptor(candidate.substr(blank + 1))) {
    descriptor = candidate.substr(blank + 1);
    candidate = candidate.substr(0, blank);
  }
  const auto begin = out.size();
  escape_srcset_url(candidate, out);
  if (!is_safe_address(std::string_view(out).substr(begin))) {
    out.resize(begin);
    out += '#';
  }
  if (!descriptor.empty()) {
    out += ' ';
    out += descriptor;
  }
}

}  // namespace

// Candidates end at a comma that a blank follows; other commas are a part of the address.
void escape_candidates(std::string_view value, std::pmr::string& out) {
  for (std::size_t begin = 0; begin < value.size();) {
    auto end = value.find(',', begin);
    while (end != std::string_view::npos && end + 1 < value.size() &&
           !ascii::is_html_space(value[end + 1])) {
      end = value.find(',', end + 1);
    }
    end = std::min(end, value.size());
    if (begin > 0) {
      out += ", ";
    }
    append_candidate(value.substr(begin, end - begin), out);
    begin = end + 1;
  }
}

bool append_plain_segment(std::string_view value, std::pmr::string& out) {
  const bool is_plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '_';
  });
  if (is_plain) {
    out += value;
  }
  return is_plain;
}

void escape_url_component(std::string_view value, std::pmr::string& out) {
  walk(
      value, component_plain, [&](std::string_view run) { out += run; },
      [&](std::string_view sequence) { append_percent(sequence, out); });
}

}  // namespace personalize
