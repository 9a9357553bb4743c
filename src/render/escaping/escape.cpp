#include "render/escaping/escape.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace personalize {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

using Set = std::array<bool, 256>;

constexpr Set make_set(std::string_view characters, bool alphanumeric) {
  Set set{};
  for (const char c : characters) {
    set[static_cast<unsigned char>(c)] = true;
  }
  if (alphanumeric) {
    for (int c = 0; c < 128; ++c) {
      if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        set[static_cast<std::size_t>(c)] = true;
      }
    }
  }
  return set;
}

constexpr Set make_html_plain() {
  Set set{};
  for (std::size_t c = 1; c < 128; ++c) {
    set[c] = c != '&' && c != '<' && c != '>' && c != '"' && c != '\'';
  }
  return set;
}

// Characters that stand for themselves.
constexpr Set html_plain = make_html_plain();
constexpr Set component_plain = make_set("-_.~", true);
// Reserved characters keep their meaning; quotes and parentheses are not needed and end strings
// elsewhere; '&' is written as a reference.
constexpr Set url_plain = make_set("-_.~:/?#[]@!$*+,;=", true);
constexpr Set srcset_plain = make_set("-_.~:/?#[]@!$*+;=", true);

// Length of the UTF-8 sequence at the start of `s`; 0 where there is none. (Unicode, table 3-7.)
std::size_t sequence_length(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto tail = [&](std::size_t i) { return i < s.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0x80) {
    return lead == 0 ? 0 : 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return tail(1) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool second = tail(1) && (lead != 0xE0 || byte(1) >= 0xA0) &&
                        (lead != 0xED || byte(1) <= 0x9F);  // no overlong form, no surrogate
    return second && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool second =
        tail(1) && (lead != 0xF0 || byte(1) >= 0x90) && (lead != 0xF4 || byte(1) <= 0x8F);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

// Calls plain(run) for runs of characters of `set` and other(sequence) for each other character,
// well formed.
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
    const auto length = sequence_length(value.substr(i));
    other(length == 0 ? replacement : value.substr(i, length));
    i += std::max<std::size_t>(length, 1);
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

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

void escape_url_with(std::string_view value, const Set& set, std::pmr::string& out) {
  // Browsers drop these around a URL.
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
          const bool encoded =
              at + 2 < value.size() && is_hex(value[at + 1]) && is_hex(value[at + 2]);
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
        switch (sequence.front()) {
          case '&':
            out += "&amp;";
            break;
          case '<':
            out += "&lt;";
            break;
          case '>':
            out += "&gt;";
            break;
          case '"':
            out += "&quot;";
            break;
          case '\'':
            out += "&#39;";
            break;
          default:
            out += sequence;
        }
      });
}

void escape_url(std::string_view value, std::pmr::string& out) {
  escape_url_with(value, url_plain, out);
}

void escape_srcset_url(std::string_view value, std::pmr::string& out) {
  escape_url_with(value, srcset_plain, out);
}

void escape_url_component(std::string_view value, std::pmr::string& out) {
  walk(
      value, component_plain, [&](std::string_view run) { out += run; },
      [&](std::string_view sequence) { append_percent(sequence, out); });
}

bool is_safe_url(std::string_view url) {
  while (!url.empty() && static_cast<unsigned char>(url.front()) <= ' ') {
    url.remove_prefix(1);
  }
  for (std::size_t i = 0; i < url.size(); ++i) {
    const char c = url[i];
    if (c == '/' || c == '?') {
      return true;
    }
    // A '#' that belongs to a character reference does not begin a fragment.
    if (c == '#' && (i == 0 || url[i - 1] != '&')) {
      return true;
    }
    if (c != ':') {
      continue;
    }
    constexpr std::string_view schemes[] = {"http", "https", "mailto", "tel"};
    const auto scheme = url.substr(0, i);
    return std::any_of(std::begin(schemes), std::end(schemes), [&](std::string_view known) {
      return known.size() == scheme.size() &&
             std::equal(known.begin(), known.end(), scheme.begin(),
                        [](char a, char b) { return a == (b | 0x20); });
    });
  }
  return true;
}

}  // namespace personalize
