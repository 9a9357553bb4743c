#include "decision/addresses/url.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/numbers/number.h"
#include "base/text/ascii.h"

namespace personalize::decision {

namespace {

using ascii::is_digit;
using ascii::is_letter;
using ascii::lower;
using Text = std::pmr::string;

int hex_value(char c) {
  return is_digit(c) ? c - '0' : lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

// Decodes "%41" at `at`.
std::optional<char> encoded_byte(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '%') {
    return std::nullopt;
  }
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  if (high < 0 || low < 0) {
    return std::nullopt;
  }
  return static_cast<char>(high * 16 + low);
}

void append_encoded(Text& out, char c) {
  constexpr char digits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

// Appends the text with control characters, non-ASCII bytes and `special` percent-encoded.
void append_percent_encoded(Text& out, std::string_view text, std::string_view special) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F || special.find(c) != std::string_view::npos) {
      append_encoded(out, c);
    } else {
      out += c;
    }
  }
}

constexpr std::string_view special_in_path = "\"#<>?`{}";
constexpr std::string_view special_in_query = "\"#<>'";
constexpr std::string_view special_in_fragment = "\"<>`";

// Returns 1 for `.` and 2 for `..`, also if dots are percent-encoded; 0 for any other segment.
int dots(std::string_view segment) {
  int count = 0;
  while (!segment.empty()) {
    if (segment.front() == '.') {
      segment.remove_prefix(1);
    } else if (encoded_byte(segment, 0) == '.') {
      segment.remove_prefix(3);
    } else {
      return 0;
    }
    ++count;
  }
  return count <= 2 ? count : 0;
}

// Appends the path with dot segments resolved: "/a/./b/../c" → "/a/c". Backslashes are slashes.
void append_path(Text& out, std::string_view path) {
  while (true) {
    const auto end = path.find_first_of("/\\");
    const auto segment = path.substr(0, end);
    const bool is_last = end == std::string_view::npos;
    const int up = dots(segment);
    if (up == 2 && !out.empty()) {
      out.resize(out.rfind('/'));
    }
    if (up == 0) {
      out += '/';
      append_percent_encoded(out, segment, special_in_path);
    } else if (is_last) {
      out += '/';
    }
    if (is_last) {
      return;
    }
    path.remove_prefix(end + 1);
  }
}

bool append_host(Text& out, std::string_view host) {
  // Forbidden domain code points; percent-encoding does not make them allowed.
  constexpr std::string_view forbidden = " #/<>?@\\^|%";
  std::size_t begin = out.size();
  for (std::size_t i = 0; i < host.size(); ++i) {
    const auto decoded = encoded_byte(host, i);
    const char c = lower(decoded.value_or(host[i]));
    i += decoded ? 2 : 0;
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F || forbidden.find(c) != std::string_view::npos) {
      return false;
    }
    out += c;
  }
  return out.size() > begin;
}

bool append_authority(Url& url, std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) {
    return false;
  }
  const auto bracket = authority.find(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (!append_host(url.host, authority.substr(0, colon))) {
    return false;
  }
  if (colon == std::string_view::npos || colon + 1 == authority.size()) {
    return true;
  }
  const auto digits = authority.substr(colon + 1);
  const auto port = read_integer<std::uint16_t>(digits);
  if (!port) {
    return false;
  }
  if (*port != (url.scheme == "https" ? 443 : 80)) {
    char text[8];
    url.host += ':';
    url.host.append(text, std::to_chars(text, text + sizeof(text), *port).ptr);
  }
  return true;
}

// Returns "https" of "https:…"; "" if there is no scheme.
std::string_view scheme_of(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() &&
         (is_letter(text[end]) ||
          (end > 0 && (is_digit(text[end]) ||
                       std::string_view("+-.").find(text[end]) != std::string_view::npos)))) {
    ++end;
  }
  return end > 0 && end < text.size() && text[end] == ':' ? text.substr(0, end)
                                                          : std::string_view();
}

// Takes the first `mark` and what follows it from the end of `rest`. Returns what follows it.
std::string_view take_after(std::string_view& rest, char mark) {
  const auto at = rest.find(mark);
  if (at == std::string_view::npos) {
    return {};
  }
  const auto tail = rest.substr(at + 1);
  rest = rest.substr(0, at);
  return tail;
}

void append_decoded(Text& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const auto byte = encoded_byte(text, i)) {
      out += *byte;
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
}

void append_form_encoded(Text& out, std::string_view text) {
  for (const char c : text) {
    const bool plain =
        is_letter(c) || is_digit(c) || std::string_view("*-._").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      append_encoded(out, c);
    }
  }
}

bool has_argument(const UrlArguments& arguments, std::string_view name) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [&](const auto& argument) { return argument.first == name; });
}

}  // namespace

std::pmr::string Url::href() const {
  Text out(scheme, scheme.get_allocator());
  out += "://";
  out += host;
  out += tail();
  return out;
}

std::pmr::string Url::tail() const {
  Text out(path, path.get_allocator());
  out += query;
  out += fragment;
  return out;
}

UrlArguments Url::arguments() const {
  const auto allocator = query.get_allocator();
  UrlArguments arguments(allocator);
  std::string_view rest = query;
  rest.remove_prefix(std::min<std::size_t>(rest.size(), 1));
  while (!rest.empty()) {
    auto pair = ascii::take_until(rest, '&');
    if (pair.empty()) {
      continue;
    }
    Text name(allocator);
    Text value(allocator);
    append_decoded(name, ascii::take_until(pair, '='));
    append_decoded(value, pair);
    arguments.emplace_back(std::move(name), std::move(value));
  }
  return arguments;
}

std::optional<Url> parse_url(std::string_view text, std::string_view default_host,
                             std::pmr::memory_resource* memory) {
  Text clean(memory);
  const auto is_space = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  for (const char c : text) {
    if (c != '\t' && c != '\n' && c != '\r') {
      clean += c;
    }
  }
  std::string_view rest = clean;

  Url url(memory);
  const auto scheme = scheme_of(rest);
  for (const char c : scheme) {
    url.scheme += lower(c);
  }
  rest.remove_prefix(scheme.empty() ? 0 : scheme.size() + 1);
  if (scheme.empty()) {
    url.scheme = "https";
  } else if (url.scheme != "http" && url.scheme != "https") {
    return std::nullopt;
  }

  const auto fragment = take_after(rest, '#');
  const auto query = take_after(rest, '?');

  const auto slashes = std::min(rest.find_first_not_of("/\\"), rest.size());
  if (!scheme.empty() || slashes >= 2) {
    rest.remove_prefix(slashes);
    const auto end = std::min(rest.find_first_of("/\\"), rest.size());
    if (!append_authority(url, rest.substr(0, end))) {
      return std::nullopt;
    }
    rest.remove_prefix(end);
  } else {
    url.host = default_host;
  }
  if (!rest.empty() && (rest.front() == '/' || rest.front() == '\\')) {
    rest.remove_prefix(1);
  }
  append_path(url.path, rest);
  if (!query.empty()) {
    url.query = "?";
    append_percent_encoded(url.query, query, special_in_query);
  }
  if (!fragment.empty()) {
    url.fragment = "#";
    append_percent_encoded(url.fragment, fragment, special_in_fragment);
  }
  return url;
}

std::pmr::string merge_arguments(std::string_view from, std::string_view to,
                                 std::pmr::memory_resource* memory) {
  const auto old_url = parse_url(from, "", memory);
  auto new_url = parse_url(to, "", memory);
  if (!old_url || old_url->host.empty() || !new_url || new_url->host.empty()) {
    return Text(to, memory);
  }
  UrlArguments arguments = new_url->arguments();
  bool added = false;
  for (auto& [name, value] : old_url->arguments()) {
    if (!has_argument(arguments, name)) {
      arguments.emplace_back(std::move(name), std::move(value));
      added = true;
    }
  }
  if (added) {
    new_url->query.clear();
    for (const auto& [name, value] : arguments) {
      new_url->query += new_url->query.empty() ? '?' : '&';
      append_form_encoded(new_url->query, name);
      new_url->query += '=';
      append_form_encoded(new_url->query, value);
    }
  }
  return new_url->href();
}

}  // namespace personalize::decision
